import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { noticeScheduleSeconds } from '@looklook-pay/sandbox'
import { inject, onTestFinished } from 'vitest'
import { NOTICE_WITHIN_MS } from '../../src/doctor/doctor.ts'
import { describe, expect, test } from '../harness/app.ts'
import { findings, serve, wrong } from '../harness/doctor.ts'
import { listen } from '../harness/listen.ts'
import { SHORT_MS } from '../harness/patience.ts'

/** A server whose answers never end. */
async function serveWithoutEnd(): Promise<string> {
  const chunk = Buffer.alloc(64 * 1024)
  const endless = function* () {
    for (;;) yield chunk
  }
  const server = createServer((_request, response) => {
    Readable.from(endless())
      .pipe(response)
      .on('error', () => {})
  })
  const port = await listen(server)
  onTestFinished(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${port}`
}

describe('the doctor’s check of notices', { skip: inject('redisUrl') === null }, () => {
  test('finds an APIv3 key other than the one the API was started with', async ({ app }) => {
    expect(await wrong(app, { WECHAT_PAY_API_V3_KEY: 'k'.repeat(32) })).toEqual([
      'notice: start the API with these settings, or correct WECHAT_PAY_API_V3_KEY',
    ])
  })

  test('finds a wrong APIv3 key although the previous one decrypts notices', async ({ app }) => {
    const previous = app.sandbox.env['WECHAT_PAY_API_V3_KEY'] ?? ''
    const change = { WECHAT_PAY_API_V3_KEY: 'k'.repeat(32), WECHAT_PAY_API_V3_KEY_PREVIOUS: previous }
    const found = (await findings(app, change)).filter(({ result }) => result === 'wrong')
    expect(found).toMatchObject([
      {
        check: 'notice',
        detail: 'only WECHAT_PAY_API_V3_KEY_PREVIOUS opens WeChat’s notice',
        remedy: expect.stringMatching(/^complete the change of the key on the merchant platform/),
      },
    ])
  })

  test('accepts a previous APIv3 key that is not needed any more', async ({ app }) => {
    expect(await wrong(app, { WECHAT_PAY_API_V3_KEY_PREVIOUS: 'k'.repeat(32) })).toEqual([])
  })

  test.for([200, 401, 302])('finds a notice URL where something else answers with %i', async (status, { app }) => {
    const url = await serve({ status })
    expect(await wrong(app, { WECHAT_PAY_NOTIFY_URL: url })).toEqual([expect.stringMatching(/^notice URL/)])
  })

  test('recognises our own API that is starting, stopping or overloaded', async ({ app }) => {
    const url = await serve({ status: 503, body: '{"code":"FAIL","message":"Starting or stopping"}' })
    const found = (await findings(app, { WECHAT_PAY_NOTIFY_URL: url })).filter(({ result }) => result === 'wrong')
    expect(found).toMatchObject([
      {
        check: 'notice URL',
        detail: 'our API answers there, and is starting, stopping or overrun',
        remedy: expect.stringContaining('/readyz'),
      },
    ])
  })

  test('reads only the beginning of an endless answer at the notice URL', async ({ app }) => {
    const found = await findings(app, { WECHAT_PAY_NOTIFY_URL: await serveWithoutEnd() })
    expect(found.filter(({ result }) => result === 'wrong')).toMatchObject([
      { check: 'notice URL', detail: 'something else answers at the notice URL, by 200' },
    ])
  })

  test.for(['lost', 'signtest-signature', 'wrong-signature'] as const)(
    'waits for the repeat of a notice whose first delivery failed: %s',
    async (kind, { app }) => {
      app.sandbox.faults.add({ endpoint: 'echo-notice', kind, times: 1 })
      const found = await findings(app)
      expect(found.filter(({ result }) => result !== 'ok')).toEqual([])
      const [firstPauseSeconds] = noticeScheduleSeconds
      expect(NOTICE_WITHIN_MS).toBeGreaterThan(firstPauseSeconds * 1_000)
    },
  )

  test('says that a missing notice may be lost, and leaves nothing for an operator', async ({ app }) => {
    app.sandbox.changeSettings({ noticeScheduleFactor: 0.01 })
    app.sandbox.faults.add({ endpoint: 'echo-notice', kind: 'lost', times: 1 })
    const found = await findings(app, {}, { noticeWithinMs: 1 })
    expect(found).toContainEqual(
      expect.objectContaining({ check: 'notice', result: 'wrong', remedy: expect.stringContaining('run it again') }),
    )
    await expect
      .poll(() => app.deps.db.paymentMismatch.findMany())
      .toMatchObject([{ kind: 'EVENT_TYPE', resolution: 'DISMISSED', resolvedAt: expect.any(Date) }])
  })
})

describe('the doctor of an app with another APIv3 key than the merchant platform has', {
  skip: inject('redisUrl') === null,
}, () => {
  test.override({ env: { WECHAT_PAY_API_V3_KEY: 'k'.repeat(32) } })

  test('finds that notices arrive and cannot be decrypted', async ({ app }) => {
    const found = await wrong(app, { WECHAT_PAY_API_V3_KEY: 'k'.repeat(32) }, SHORT_MS)
    expect(found).toEqual([expect.stringMatching(/^notice: .*WECHAT_PAY_API_V3_KEY/)])
  })
})
