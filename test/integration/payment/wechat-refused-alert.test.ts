import type { Fault } from '@looklook-pay/sandbox'
import type { Deps } from '../../../src/deps.ts'
import { createCloseLoop } from '../../../src/order/cancel.ts'
import { createRecheckLoop } from '../../../src/payment/attempt/recheck.ts'
import { sendSubscribeMessage } from '../../../src/wechat/subscribe-message.ts'
import { openAlertingApp } from '../../harness/alerts.ts'
import { describe, expect, openTestApp, type TestApp, test } from '../../harness/app.ts'
import { freshOrder, freshTapped, tap } from '../../harness/fixtures.ts'
import { givenRequestedRefund, runRefunds } from '../../harness/money.ts'
import { letPass } from '../../harness/time.ts'

/** What a worker does that calls an endpoint, in an app whose alerts are recorded. */
type Work = (app: TestApp) => Promise<(deps: Deps) => Promise<unknown>>

const requestRefund: Work = async (app) => {
  await givenRequestedRefund(app)
  return runRefunds
}

const queryRefund: Work = async (app) => {
  await givenRequestedRefund(app)
  app.sandbox.faults.add({ endpoint: 'refund', kind: 'ends-never' })
  await runRefunds(app.deps)
  return runRefunds
}

const recheck: Work = async (app) => {
  await freshTapped(app)
  await letPass(app, 60)
  return (deps) => createRecheckLoop(deps)()
}

const closeOverdue: Work = async (app) => {
  await freshTapped(app)
  await app.deps.db.$executeRaw`UPDATE homestay_order SET "payBefore" = now() - interval '5 minutes'`
  return (deps) => createCloseLoop(deps)()
}

const sendMessage: Work = async () => (deps) =>
  sendSubscribeMessage(deps.mini, { openid: 'o_guest', templateId: 'TPL', data: { thing1: '民宿' } })

const refusals: [string, Work, Fault, string][] = [
  [
    'a refund',
    requestRefund,
    { endpoint: 'refund', kind: 'error', code: 'NO_AUTH' },
    'POST /v3/refund/domestic/refunds',
  ],
  [
    'a refund without money for it',
    requestRefund,
    { endpoint: 'refund', kind: 'error', code: 'NOT_ENOUGH' },
    'POST /v3/refund/domestic/refunds',
  ],
  [
    'a query of a refund',
    queryRefund,
    { endpoint: 'query-refund', kind: 'error', code: 'MCH_NOT_EXISTS' },
    'GET /v3/refund/domestic/refunds/*',
  ],
  [
    'a recheck',
    recheck,
    { endpoint: 'query', kind: 'error', code: 'SIGN_ERROR' },
    'GET /v3/pay/transactions/out-trade-no/*',
  ],
  [
    'a close',
    closeOverdue,
    { endpoint: 'close', kind: 'error', code: 'NO_AUTH' },
    'POST /v3/pay/transactions/out-trade-no/*/close',
  ],
  [
    'a message',
    sendMessage,
    { endpoint: 'subscribe-message', kind: 'errcode', errcode: 40037 },
    'POST /cgi-bin/message/subscribe/send',
  ],
  [
    'the token of a message',
    sendMessage,
    { endpoint: 'stable-token', kind: 'errcode', errcode: 40164 },
    'POST /cgi-bin/stable_token',
  ],
]

describe('the alert wechat-refused', () => {
  test.for(refusals)('is raised once when %s is refused to a worker', async ([, given, fault, endpoint], { app }) => {
    const work = await given(app)
    app.sandbox.faults.add(fault)
    app.sandbox.revokeAccessTokens()
    await app.deps.db.accessToken.deleteMany()
    const { deps, lines, close } = openAlertingApp(app)
    await work(deps).catch(() => {})
    await work(deps).catch(() => {})
    await close()

    const code = fault.code ?? String(fault.errcode)
    expect(lines.filter(({ alarm }) => alarm === 'wechat-refused')).toMatchObject([
      { endpoint, code, remedy: expect.any(String), err: { message: expect.stringContaining(code) } },
    ])
  })

  test('is raised when the download of certificates is refused', async ({ app }) => {
    app.sandbox.faults.add({ endpoint: 'certificates', kind: 'error', code: 'NO_AUTH' })
    const { lines, close } = openAlertingApp(app)

    await expect.poll(() => lines).toMatchObject([{ alarm: 'wechat-refused', endpoint: 'GET /v3/certificates' }])
    await close()
  })

  test('is not raised for a merchant without certificates, nor by what is about one call alone', async ({ app }) => {
    const { deps, alarms, close } = openAlertingApp(app)
    await deps.wechat.refreshCertificates()
    for (const errcode of [43101, 47003, 45168, 40003]) {
      app.sandbox.faults.add({ endpoint: 'subscribe-message', kind: 'errcode', errcode, times: 1 })
      const message = { openid: 'o_guest', templateId: 'TPL', data: { thing1: '民宿' } }
      await expect(sendSubscribeMessage(deps.mini, message)).rejects.toMatchObject({ errcode })
    }
    await close()

    expect(alarms).toEqual([])
  })
})

describe('a clock that is wrong', () => {
  test.for([600, -600])('is told by the first call, which WeChat refuses (%i s)', async (seconds) => {
    const app = await openTestApp({}, { now: () => new Date(Date.now() - seconds * 1000) })
    const { deps, lines, close } = openAlertingApp(app)
    const refused = tap(deps, await freshOrder(app))
    await expect(refused).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE', retryable: false })

    expect(lines).toContainEqual(expect.objectContaining({ alarm: 'clock', remedy: expect.any(String) }))
    const { values } = await deps.metrics.wechatClockSkew.get()
    expect(values.map(({ labels }) => labels.api)).toContain('pay')
    for (const { value } of values) expect(Math.sign(value)).toBe(Math.sign(seconds))
    await close()
    await app.close()
  })
})
