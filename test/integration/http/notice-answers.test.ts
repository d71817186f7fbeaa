import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import pino from 'pino'
import { inject } from 'vitest'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { freshTapped, paymentOf } from '../../harness/fixtures.ts'
import { notify, postNotice, sealNotice, signNotice } from '../../harness/forge.ts'
import { amountOf, newTransactionId, paidContent } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

const OTHER_KEY = 'x'.repeat(32)
const OVER_64_KIB = 'x'.repeat(64 * 1024 + 1)

describe('the notice route', () => {
  test('answers a payment notice with 204 and no body once the payment is settled', async ({ app }) => {
    const { payment } = await freshTapped(app)

    const response = await postNotice(app, signNotice(sealNotice(paidContent(payment))))

    expect([response.status, await response.text()]).toEqual([204, ''])
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS' })
  })

  test('answers 413 to a notice of more than 64 KiB, signed or not', async ({ app }) => {
    const signed = await postNotice(app, signNotice(OVER_64_KIB))
    const unsigned = await fetch(app.notifyUrl, { method: 'POST', body: OVER_64_KIB })

    expect([signed.status, unsigned.status]).toEqual([413, 413])
    expect(await signed.json()).toEqual({ code: 'FAIL', message: expect.any(String) })
  })

  test('answers 413 to a notice of more than 64 KiB without content-length, before it has ended', async ({ app }) => {
    const posting = request(app.notifyUrl, { method: 'POST' })
    posting.on('error', () => {})
    posting.write(OVER_64_KIB)

    const [response] = (await once(posting, 'response')) as [IncomingMessage]

    expect(response.statusCode).toBe(413)
    posting.destroy()
  })

  test('answers 401, not 400, to a request that is neither signed nor a notice', async ({ app }) => {
    const { headers } = signNotice('{}')

    expect((await postNotice(app, { headers, body: 'no notice' })).status).toBe(401)
    expect((await fetch(app.notifyUrl, { method: 'POST' })).status).toBe(401)
  })

  const noNotices = ['no JSON', '', '[]', 'null', '{}', '{"id":"1","event_type":"TRANSACTION.SUCCESS"}']
  test.for([...noNotices, Buffer.from([0xff, 0xfe])])(
    'answers 400 to a signed body that is no notice: %j',
    async (body, { app }) => {
      const response = await postNotice(app, signNotice(body))

      expect(response.status).toBe(400)
      expect(await response.json()).toEqual({ code: 'FAIL', message: expect.any(String) })
    },
  )

  test('answers 500 to a notice encrypted by another APIv3 key, so that WeChat repeats it', async ({ app }) => {
    const { payment } = await freshTapped(app)

    expect(await notify(app, paidContent(payment), { apiV3Key: OTHER_KEY })).toBe(500)
    expect(await paymentOf(app.deps, payment.sn)).toEqual(payment)
  })

  test.for(['not JSON', '[]', '{}', '{"out_trade_no":1}'])(
    'answers 500 to a notice whose decrypted content is %j',
    async (plaintext, { app }) => {
      expect(await notify(app, plaintext)).toBe(500)
    },
  )

  test('logs WeChat’s Request-ID with each notice that it refuses', async ({ app }) => {
    const lines: { wechatRequestId?: string; msg: string }[] = []
    const log = pino({}, { write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number]) })
    Object.assign(app.deps, { log })
    const options = { eventType: 'A.B' }
    const right = signNotice(sealNotice({}, options))
    const sealed = signNotice(sealNotice({}, { ...options, apiV3Key: OTHER_KEY }))
    const refused = [{ ...right, body: 'changed' }, signNotice('no notice'), sealed]

    for (const [index, { headers, body }] of refused.entries()) {
      await postNotice(app, { body, headers: { ...headers, 'request-id': `REQ-${index}` } })
    }

    expect(lines.map(({ wechatRequestId }) => wechatRequestId)).toEqual(['REQ-0', 'REQ-1', 'REQ-2'])
  })

  test('answers 500 to a success without a transaction or an amount', async ({ app }) => {
    const { payment } = await freshTapped(app)

    expect(await notify(app, paidContent(payment, { transaction_id: undefined }))).toBe(500)
    expect(await notify(app, paidContent(payment, { amount: undefined }))).toBe(500)
    expect(await paymentOf(app.deps, payment.sn)).toEqual(payment)
  })

  test('answers 204 to an event type that we do not handle, and stores it once', async ({ app }) => {
    const content = { out_trade_no: 'PA1', note: 'a NUL \0 and half a pair \ud800' }
    const options = { eventType: 'PAYSCORE.USER_CONFIRM', noticeId: 'EV-1' }

    expect([await notify(app, content, options), await notify(app, content, options)]).toEqual([204, 204])

    const stored = await app.deps.db.paymentMismatch.findMany()
    expect(stored).toMatchObject([
      {
        kind: 'EVENT_TYPE',
        number: 'EV-1',
        content: { eventType: options.eventType, content: { out_trade_no: 'PA1' } },
      },
    ])
  })

  test.for(['COMPLAINT.CREATE', 'COMPLAINT.STATE_CHANGE', 'VIOLATION.PUNISH', 'SOMETHING.NEW'])(
    'raises one alert and counts one mismatch for a notice that only a person can deal with: %s',
    async (eventType, { app }) => {
      const { deps, lines } = withAlerts(app.deps)
      Object.assign(app.deps, deps)
      const options = { eventType, noticeId: 'EV-1' }
      const content = { complaint_id: '200201820200101080076610000', action_type: 'CREATE_COMPLAINT' }

      expect([await notify(app, content, options), await notify(app, content, options)]).toEqual([204, 204])

      expect(lines).toMatchObject([{ alarm: 'notice', eventType, number: 'EV-1' }])
      const { values } = await app.deps.metrics.mismatches.get()
      expect(values).toMatchObject([{ labels: { kind: 'NOTICE' }, value: 1 }])
    },
  )

  test('answers 204 to an unhandled event with a NUL in its id', async ({ app }) => {
    expect(await notify(app, {}, { eventType: 'SOMETHING.NEW', noticeId: 'EV\0-1' })).toBe(204)
  })

  test('answers 204 to a payment in PAYERROR, and stores it once', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const content = paidContent(payment, { trade_state: 'PAYERROR' })

    expect([await notify(app, content), await notify(app, content)]).toEqual([204, 204])
    expect(await app.deps.db.paymentMismatch.count()).toBe(1)
    expect(await paymentOf(app.deps, payment.sn)).toEqual(payment)
  })

  test('answers 204 to a payment of an unknown number, and stores it once for two notice ids', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const content = paidContent(payment, { out_trade_no: 'PA20200101NOBODYKNOWSIT' })

    expect([await notify(app, content), await notify(app, content)]).toEqual([204, 204])
    expect(await app.deps.db.paymentMismatch.findMany()).toMatchObject([{ kind: 'UNKNOWN' }])
  })

  test('answers 204 to a mismatch, and stores it once', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const content = paidContent(payment, { amount: amountOf(Number.MAX_SAFE_INTEGER) })

    expect([await notify(app, content), await notify(app, content)]).toEqual([204, 204])
    expect(await app.deps.db.paymentMismatch.findMany()).toMatchObject([{ kind: 'AMOUNT' }])
  })

  test('answers 204 to a payment with a NUL in every text', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const content = JSON.stringify(paidContent(payment), (key, value: unknown) =>
      typeof value === 'string' && !['success_time', 'trade_state'].includes(key) ? `${value}\0` : value,
    )

    expect(await notify(app, content)).toBe(204)
  })

  test('answers 204 to a refund of an unknown number, and stores it once', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const content = refundContent({ out_trade_no: 'PA20200101NOBODYKNOWSIT', transaction_id: newTransactionId() })
    const options = { eventType: 'REFUND.SUCCESS' }

    expect([await notify(app, content, options), await notify(app, content, options)]).toEqual([204, 204])
    expect(await app.deps.db.paymentMismatch.count()).toBe(1)
    expect(await paymentOf(app.deps, payment.sn)).toEqual(payment)
  })

  test('answers 204 to a refund that can’t be recorded, and does not adopt it', async ({ app }) => {
    const { order, payment } = await freshTapped(app)
    const paid = paidContent(payment)
    await notify(app, paid)
    const unrecordable: Record<string, unknown>[] = [
      { amount: { total: 12_800, refund: Number.MAX_SAFE_INTEGER } },
      { amount: { total: 12_800, refund: 0 } },
      { out_refund_no: 'R'.repeat(65) },
      { out_refund_no: 'RE\0' },
      { out_trade_no: `${payment.sn}\0` },
    ]

    for (const change of unrecordable) {
      const content = {
        ...refundContent({ out_trade_no: payment.sn, transaction_id: paid['transaction_id'] }),
        ...change,
      }
      for (const status of ['ABNORMAL', 'CLOSED', 'SUCCESS']) {
        const answered = await notify(app, { ...content, refund_status: status }, { eventType: `REFUND.${status}` })
        expect([change, status, answered]).toEqual([change, status, 204])
      }
    }
    expect((await snapshotOf(app.deps, order.sn)).payments).toMatchObject([{ refunds: [], refundedTotal: 0 }])
  })

  test('answers 204 to a refund with a NUL in its account, and adopts it', async ({ app }) => {
    const { order, payment } = await freshTapped(app)
    const paid = paidContent(payment)
    await notify(app, paid)
    const change = {
      out_trade_no: payment.sn,
      transaction_id: paid['transaction_id'],
      user_received_account: '招商银行\0',
    }

    expect(await notify(app, refundContent(change), { eventType: 'REFUND.SUCCESS' })).toBe(204)
    expect((await snapshotOf(app.deps, order.sn)).payments).toMatchObject([{ refunds: ['MANUAL SUCCESS 12800'] }])
  })
})

function refundContent(change: Record<string, unknown>): Record<string, unknown> {
  return {
    mchid: inject('credentials').mchid,
    refund_id: newTransactionId(),
    out_refund_no: 'RE20200101MANUAL',
    refund_status: 'SUCCESS',
    success_time: new Date().toISOString(),
    user_received_account: '支付用户零钱',
    amount: { total: 12_800, refund: 12_800, payer_total: 12_800, payer_refund: 12_800 },
    ...change,
  }
}
