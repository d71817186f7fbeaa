import { redeemTradeCode } from '../../src/order/trade-code.ts'
import { relayPayments } from '../../src/payment/outbox/relay.ts'
import { acceptMismatch } from '../../src/payment/review/decide.ts'
import { settle } from '../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../harness/app.ts'
import { givenOrder, givenPaid, givenTapped, orderOf, paymentOf, payOnPhone, whenOrder } from '../harness/fixtures.ts'
import { loseNotices } from '../harness/money.ts'
import { amountOf, paidReport } from '../harness/reports.ts'
import { loseJobs } from '../harness/snapshot.ts'
import { letPass } from '../harness/time.ts'

const DEADLINE_AND_GRACE = 1_800 + 31

/** No job is still to come: a loop leaves out what a handler has in hand, and some run again only after a minute. */
async function forgetJobs({ deps }: TestApp): Promise<void> {
  await relayPayments(deps)
  await loseJobs(deps)
}

/** A payment whose money is told with another amount than was asked for; its mismatch's id. */
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

describe('workers that start', () => {
  test('ask about what is due to be asked', async ({ app }) => {
    const { payment, params } = await givenTapped(app)
    loseNotices(app)
    await payOnPhone(app, params)
    await app.deps.db.$executeRaw`UPDATE payment SET "nextRecheckAt" = now() - interval '1 s'`

    await app.startWorkers()

    await expect.poll(async () => (await paymentOf(app.deps, payment.sn)).status).toBe('SUCCESS')
  })

  test('close what nobody paid in time', async ({ app }) => {
    const { order } = await givenOrder(app)
    await letPass(app, DEADLINE_AND_GRACE)

    await app.startWorkers()

    await whenOrder(app.deps, order.sn, 'CANCELLED')
  })

  test('carry out what an operator decided while WeChat could not be asked', async ({ app }) => {
    const { payment, mismatchId } = await givenUnderReview(app)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable', times: 3 })
    await expect(acceptMismatch(app.deps, { mismatchId })).rejects.toMatchObject({ name: 'WechatPayError' })

    await app.startWorkers()

    await expect.poll(async () => (await paymentOf(app.deps, payment.sn)).paidTotal).toBe(10_000)
  })

  test('count what waits for a person', async ({ app }) => {
    await givenUnderReview(app)

    await app.startWorkers()

    const disputed = async () => {
      const { values } = await app.deps.metrics.waiting.get()
      return values.find(({ labels }) => labels.kind === 'under_review')?.value
    }
    await expect.poll(disputed).toBe(1)
  })

  test('end the stays that nobody used', async ({ app }) => {
    const { order } = await givenUsable(app)
    await app.deps.db.$executeRaw`
      UPDATE homestay_order SET "liveStartDate" = (now() AT TIME ZONE 'Asia/Shanghai')::date - 1,
        "liveEndDate" = (now() AT TIME ZONE 'Asia/Shanghai')::date`

    await app.startWorkers()

    await whenOrder(app.deps, order.sn, 'EXPIRED')
  })
})

describe('workers of a merchant who must tell WeChat of redemptions', () => {
  test.override({ env: { ORDER_UPLOAD_SHIPPING: 'true' } })

  test('tell it of one whose job was lost', async ({ app }) => {
    const { order, hostUserId } = await givenUsable(app)
    await redeemTradeCode(app.deps, { hostUserId, tradeCode: order.tradeCode ?? '' })
    await loseJobs(app.deps)
    await letPass(app, 601)

    await app.startWorkers()

    await expect.poll(async () => (await orderOf(app.deps, order.sn)).shippedAt).not.toBeNull()
  })
})
