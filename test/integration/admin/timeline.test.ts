import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import type { Entry } from '../../../src/timeline/entry.ts'
import { readTimeline, type Timeline } from '../../../src/timeline/read.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshOrder, freshTapped, givenPaid, paymentOf } from '../../harness/fixtures.ts'
import { WAITING_FOR_LOCK } from '../../harness/locks.ts'
import { endRefund, loseNotices, newestRefund, runRefunds } from '../../harness/money.ts'
import { openOperator } from '../../harness/operator.ts'
import { amountOf, newTransactionId, paidReport } from '../../harness/reports.ts'

const REFUND_CALL = 'POST /v3/refund/domestic/refunds'

/** A payment that was paid and refunded, with all its calls kept. */
async function givenRefunded(app: TestApp) {
  const paid = await givenPaid(app, await freshOrder(app))
  await refundHomestayOrder(app.deps, { userId: paid.guest.id, sn: paid.order.sn })
  const { outRefundNo } = await newestRefund(app.deps, paid.payment.sn)
  app.sandbox.faults.add({ endpoint: 'refund', kind: 'ends-never' })
  loseNotices(app)
  await runRefunds(app.deps)
  await endRefund(app, outRefundNo, 'SUCCESS')
  await applyToOrder(app.deps, { paymentSn: paid.payment.sn })
  await expect.poll(() => app.deps.db.wechatCall.count({ where: { endpoint: REFUND_CALL } })).toBe(1)
  const { refundId } = await newestRefund(app.deps, paid.payment.sn)
  return { ...paid, outRefundNo, refundId: refundId ?? '' }
}

const plain = (text: string) => text.replace(/ in \d+ ms/, '').replace(/Request-ID 08[0-9A-F]{24}-\d+/, 'Request-ID')

/** Kinds and texts, without durations and numbers. */
function outline(entries: Entry[]): string[] {
  return entries.map(({ kind, text }) => `${kind}: ${plain(text).replaceAll(/\b(RE20|42000)\w+/g, '$1…')}`)
}

/** A message that no worker has sent. */
const pending = (kind: string) => expect.stringMatching(`^message: message ${kind} enqueued, now PENDING, next try`)

describe('admin timeline', () => {
  test('shows a purchase and its refund in order, with every call, notice and event', async ({ app }) => {
    const { payment } = await givenRefunded(app)

    const { entries, ...state } = await readTimeline(app.deps.db, payment.sn)

    expect(outline(entries)).toEqual([
      expect.stringMatching(/^order: booked for 128\.00 yuan, to be paid before 20/),
      'attempt: attempt made, 128.00 yuan',
      'call: POST /v3/pay/transactions/jsapi: 200, Request-ID',
      'event: PENDING -> SUCCESS by NOTICE, transaction 42000…, 128.00 yuan',
      pending('ORDER_PAID'),
      pending('CHECK_IN'),
      'refund: GUEST refund of 128.00 yuan',
      'event: SUCCESS -> REFUNDING by REFUND, refund RE20… opened, GUEST, 128.00 yuan',
      'call: POST /v3/refund/domestic/refunds: 200, Request-ID',
      'event: REFUNDING by REFUND, refund RE20… PROCESSING',
      'refund: ended as SUCCESS',
      'event: REFUNDING -> REFUNDED by NOTICE, refund RE20… SUCCESS',
      pending('REFUNDED'),
    ])
    expect(state).toMatchObject({
      orders: [{ tradeState: 'REFUNDED', totalFen: 12_800 }],
      payments: [
        { sn: payment.sn, status: 'REFUNDED', paidTotalFen: 12_800, refundedTotalFen: 12_800, isApplied: true },
      ],
      refunds: [{ status: 'SUCCESS', refundTotalFen: 12_800 }],
    })
  })

  test('has a message after the change that it is about, although its transaction began before', async ({ app }) => {
    const { payment, order } = await freshTapped(app)
    const { db } = app.deps
    let applied: Promise<void> | undefined
    await db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM homestay_order WHERE sn = ${order.sn} FOR UPDATE`
      applied = applyToOrder(app.deps, { paymentSn: payment.sn })
      await expect.poll(() => db.$queryRawUnsafe(WAITING_FOR_LOCK)).toHaveLength(1)
      await settle(app.deps, { transaction: paidReport(payment), source: 'QUERY' })
    })
    await applied

    const { entries } = await readTimeline(db, payment.sn)

    expect(outline(entries).slice(-3)).toEqual([
      'event: PENDING -> SUCCESS by QUERY, transaction 42000…, 128.00 yuan',
      pending('ORDER_PAID'),
      pending('CHECK_IN'),
    ])
  })

  test('is the same by every number of the order, and has exit code 1 and a sentence for an unknown one', async ({
    app,
  }) => {
    const { payment, order, outRefundNo, refundId } = await givenRefunded(app)
    const { admin, json } = openOperator(app)
    const byPayment = await json<Timeline>('timeline', payment.sn)

    for (const number of [order.sn, payment.transactionId ?? '', outRefundNo, refundId]) {
      expect(await json<Timeline>('timeline', number)).toEqual({ ...byPayment, number })
    }
    for (const unknown of ['PA-nobody', '']) {
      expect(await admin('timeline', unknown)).toMatchObject({
        code: 1,
        output: '',
        complaint: expect.stringContaining('There is no such order, payment, transaction, refund'),
      })
    }
  })

  test('finds money that fits nothing, by its transaction and by its mismatch', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const transaction = paidReport(payment, { amount: amountOf(10_000) })
    await settle(app.deps, { transaction, source: 'QUERY' })
    const ofNobody = paidReport(payment, { out_trade_no: 'PAofnobody', transaction_id: newTransactionId() })
    await settle(app.deps, { transaction: ofNobody, source: 'NOTICE' })
    const [mismatch] = await app.deps.db.paymentMismatch.findMany({ where: { paymentSn: payment.sn } })

    const timelines = [transaction.transactionId ?? '', mismatch?.id ?? ''].map((number) =>
      readTimeline(app.deps.db, number),
    )
    for (const { entries, payments } of await Promise.all(timelines)) {
      expect(payments).toMatchObject([{ sn: payment.sn, isUnderReview: true }])
      expect(outline(entries)).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^mismatch: MONEY mismatch AMOUNT by QUERY, transaction 42000…, open, id /),
          'event: PENDING by QUERY, under review: AMOUNT, transaction 42000…, 100.00 yuan',
        ]),
      )
    }
    expect(await readTimeline(app.deps.db, 'PAofnobody')).toMatchObject({
      payments: [],
      entries: [{ kind: 'mismatch', number: 'PAofnobody', text: expect.stringContaining('UNKNOWN by NOTICE') }],
    })
  })

  test('shows jobs with their retries, dead letters, and what webhooks answered', async ({ app }) => {
    const { payment } = await freshTapped(app)
    await app.deps.db.$executeRaw`
      INSERT INTO pgboss.job (name, data, state, retry_count, created_on, completed_on, source_name) VALUES
        ('payment-changed', jsonb_build_object('paymentSn', ${payment.sn}::text), 'retry', 3, now(), NULL, NULL),
        ('dead-letters', jsonb_build_object('paymentSn', ${payment.sn}::text, 'version', 1), 'created', 0, now(), NULL, 'webhook-event')`
    await app.deps.db.webhookEndpoint.create({
      data: { id: 'we_1', url: 'https://hooks.example.com/', eventTypes: [], secret: 'whsec_x' },
    })
    await app.deps.db.webhookDelivery.create({
      data: {
        endpointId: 'we_1',
        paymentSn: payment.sn,
        version: 1,
        status: 'FAILED',
        tries: 4,
        lastAnswer: '503',
        endedAt: new Date(),
      },
    })

    const { entries } = await readTimeline(app.deps.db, payment.sn)

    expect(outline(entries)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^job: job payment-changed enqueued, now retry, retry 3, next 20/),
        expect.stringMatching(/^job: dead letter of job webhook-event, version 1, id /),
        'delivery: webhook of version 1 to we_1 FAILED, tries 4, 503',
      ]),
    )
  })

  test('names neither people nor secrets', async ({ app }) => {
    loseNotices(app)
    const { payment, order } = await givenPaidByReport(app)
    const { admin } = openOperator(app)
    const shown = [await admin('timeline', payment.sn), await admin('timeline', payment.sn, '--json')]
    const { tradeCode } = await app.deps.db.homestayOrder.findUniqueOrThrow({ where: { sn: order.sn } })
    for (const { code, output } of shown) {
      expect(code).toBe(0)
      for (const hidden of [payment.openid, payment.prepayId, tradeCode]) expect(output).not.toContain(hidden)
    }
  })
})

/** A paid order, whose payer and entry code are known. */
async function givenPaidByReport(app: TestApp) {
  const tapped = await freshTapped(app)
  await settle(app.deps, { transaction: paidReport(tapped.payment), source: 'NOTICE' })
  await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })
  return { ...tapped, payment: await paymentOf(app.deps, tapped.payment.sn) }
}
