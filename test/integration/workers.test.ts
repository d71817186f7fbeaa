import { redeemTradeCode } from '../../src/order/trade-code.ts'
import { acceptMismatch } from '../../src/payment/review/decide.ts'
import { settle, settlePayments } from '../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../harness/app.ts'
import { copyTapped } from '../harness/copies.ts'
import {
  acceptMessages,
  givenOrder,
  givenPaid,
  givenTapped,
  orderOf,
  paymentOf,
  payOnPhone,
  whenOrder,
} from '../harness/fixtures.ts'
import { loseNotices } from '../harness/money.ts'
import { amountOf, paidReport } from '../harness/reports.ts'
import { enqueueNew, loseJobs } from '../harness/snapshot.ts'
import { letPass } from '../harness/time.ts'

const DEADLINE_AND_GRACE = 1_800 + 31

/** Empties the outbox and the queue: what happens afterwards is the work of loops alone. */
async function forgetJobs({ deps }: TestApp): Promise<void> {
  await enqueueNew(deps)
  await loseJobs(deps)
}

/** A payment under review for a report with another amount, and the id of its mismatch. */
async function givenUnderReview(app: TestApp) {
  loseNotices(app)
  const { payment } = await givenTapped(app)
  await settle(app.deps, { transaction: paidReport(payment, { amount: amountOf(10_000) }), source: 'NOTICE' })
  const { id: mismatchId } = await app.deps.db.paymentMismatch.findFirstOrThrow({ where: { paymentSn: payment.sn } })
  await forgetJobs(app)
  return { payment, mismatchId }
}

async function givenUsable(app: TestApp) {
  const paid = await givenPaid(app)
  await forgetJobs(app)
  return paid
}

describe('a starting worker', () => {
  test('queries WeChat for payments that are due for a recheck', async ({ app }) => {
    const { payment, params } = await givenTapped(app)
    loseNotices(app)
    await payOnPhone(app, params)
    await app.deps.db.$executeRaw`UPDATE payment SET "nextRecheckAt" = now() - interval '1 s'`

    await app.startWorkers()

    await expect.poll(async () => (await paymentOf(app.deps, payment.sn)).status).toBe('SUCCESS')
  })

  test('cancels orders that were not paid in time', async ({ app }) => {
    const { order } = await givenOrder(app)
    await letPass(app, DEADLINE_AND_GRACE)

    await app.startWorkers()

    await whenOrder(app.deps, order.sn, 'CANCELLED')
  })

  test('carries out a decision that was made while WeChat could not be queried', async ({ app }) => {
    const { payment, mismatchId } = await givenUnderReview(app)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable', times: 3 })
    await expect(acceptMismatch(app.deps, { mismatchId })).rejects.toMatchObject({ name: 'WechatPayError' })

    await app.startWorkers()

    await expect.poll(async () => (await paymentOf(app.deps, payment.sn)).paidTotal).toBe(10_000)
  })

  test('counts what waits for an operator', async ({ app }) => {
    await givenUnderReview(app)

    await app.startWorkers()

    const underReview = async () => {
      const { values } = await app.deps.metrics.waiting.get()
      return values.find(({ labels }) => labels.kind === 'under_review')?.value
    }
    await expect.poll(underReview).toBe(1)
  })

  test('expires orders that were not used', async ({ app }) => {
    const { order } = await givenUsable(app)
    await app.deps.db.$executeRaw`
      UPDATE homestay_order SET "liveStartDate" = (now() AT TIME ZONE 'Asia/Shanghai')::date - 1,
        "liveEndDate" = (now() AT TIME ZONE 'Asia/Shanghai')::date`

    await app.startWorkers()

    await whenOrder(app.deps, order.sn, 'EXPIRED')
  })
})

describe('a worker after a burst', () => {
  const ORDERS = 120

  test('makes all orders usable, and sends each message once', async ({ app }) => {
    const tapped = await givenTapped(app)
    acceptMessages(app, tapped.payment.openid, ORDERS)
    const copies = await copyTapped(app, tapped, ORDERS)
    const settlements = copies.map((payment) => ({ transaction: paidReport(payment), source: 'NOTICE' }) as const)
    await settlePayments(app.deps.settleDb, settlements)

    await app.startWorkers()

    const { db } = app.deps
    await expect.poll(() => db.message.count({ where: { status: 'SENT', tries: 1 } })).toBe(2 * ORDERS)
    expect(await db.homestayOrder.count({ where: { tradeState: 'WAIT_USE' } })).toBe(ORDERS)
    expect(app.sandbox.messages()).toHaveLength(2 * ORDERS)
    const unapplied = await db.payment.count({ where: { version: { gt: db.payment.fields.appliedVersion } } })
    expect(unapplied).toBe(0)
  })
})

describe('a starting worker of a trade-managed mini-program', () => {
  test.override({ env: { ORDER_UPLOAD_SHIPPING: 'true' } })

  test('uploads the shipping info of an order whose job was lost', async ({ app }) => {
    const { order, hostUserId } = await givenUsable(app)
    await redeemTradeCode(app.deps, { hostUserId, tradeCode: order.tradeCode ?? '' })
    await loseJobs(app.deps)
    await letPass(app, 601)

    await app.startWorkers()

    await expect.poll(async () => (await orderOf(app.deps, order.sn)).shippedAt).not.toBeNull()
  })
})
