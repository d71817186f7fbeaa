import pino from 'pino'
import { createRefusedNotices } from '../../../src/http/refused-notices.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { freshTapped } from '../../harness/fixtures.ts'
import { postNotice, sealNotice, signNotice } from '../../harness/forge.ts'
import { paidContent } from '../../harness/reports.ts'

interface Line {
  msg: string
  count: number
  reasons: Record<string, number>
  remedy?: string
}

function openLog() {
  const lines: Line[] = []
  return { lines, log: pino({}, { write: (line) => void lines.push(JSON.parse(line) as Line) }) }
}

describe('refused notices', () => {
  test('are counted by reason: forged ones, stale ones and probes', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const notice = signNotice(sealNotice(paidContent(payment)))
    const signed = (signature: string) => ({
      ...notice,
      headers: { ...notice.headers, 'wechatpay-signature': signature },
    })
    await postNotice(app, signed('QUJD'))
    await postNotice(app, signed('QUJD'))
    await postNotice(app, signed('WECHATPAY/SIGNTEST/QUJD'))
    await postNotice(app, signNotice(notice.body, { ageSeconds: 302 }))

    const { values } = await app.deps.metrics.noticesRefused.get()
    expect(Object.fromEntries(values.map(({ labels, value }) => [labels.reason, value]))).toEqual({
      signature: 2,
      signtest: 1,
      clock: 1,
    })
  })

  test('are logged at once, and then with their count: a flood doesn’t flood the log', async ({ app }) => {
    const { lines, log } = openLog()
    const refused = createRefusedNotices({ log, metrics: app.deps.metrics })
    const counted = () => lines.reduce((sum, { count }) => sum + count, 0)

    refused({ reason: 'signature', wechatRequestId: undefined })
    expect(lines).toMatchObject([{ count: 1, reasons: { signature: 1 } }])
    for (let sent = 0; sent < 10_000; sent++) refused({ reason: 'signature', wechatRequestId: undefined })
    refused({ reason: 'clock', wechatRequestId: undefined })

    await expect.poll(counted).toBe(10_002)
    // Synchronous calls: no second can have passed between them.
    expect(lines).toHaveLength(2)
    expect(lines[1]).toMatchObject({ count: 10_001, reasons: { signature: 10_000, clock: 1 } })
  })

  test('are logged with what to do about their most frequent reason, where there is something', async ({ app }) => {
    const { lines, log } = openLog()
    const refused = createRefusedNotices({ log, metrics: app.deps.metrics })

    refused({ reason: 'header-missing', wechatRequestId: undefined })
    const msg = 'notice refused: its signature could not be verified'
    expect(lines).toMatchObject([{ msg, reasons: { 'header-missing': 1 } }])
    expect(lines[0]?.remedy).toBeUndefined()

    for (const reason of ['signature', 'clock', 'clock'] as const) refused({ reason, wechatRequestId: undefined })
    await expect.poll(() => lines.length).toBe(2)
    expect(lines[1]).toMatchObject({ msg, reasons: { signature: 1, clock: 2 }, remedy: expect.stringContaining('NTP') })
  })
})
