import type { RefundEnd } from '@looklook-pay/sandbox'
import { deliverDue } from '../../../src/notification/deliver.ts'
import { expireOrders } from '../../../src/order/expire.ts'
import { redeemTradeCode } from '../../../src/order/trade-code.ts'
import { createRecheckLoop } from '../../../src/payment/attempt/recheck.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { acceptMismatch, finishDecisions } from '../../../src/payment/review/decide.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenTapped, orderOf, paymentOf, payOnPhone, type Tapped } from '../../harness/fixtures.ts'
import { loseNotices, summaryOf } from '../../harness/money.ts'
import { snapshotOf } from '../../harness/snapshot.ts'
import { letPass } from '../../harness/time.ts'

type OnHold = Tapped & { outRefundNo: string }

/** A manual refund: in full, and successful, unless it says otherwise. */
interface ManualRefund {
  refundFen?: number
  end?: RefundEnd
}

/** Paid and on hold: WeChat reports a manual refund, whose notice hasn't come. */
async function givenHeld(app: TestApp, manual: ManualRefund): Promise<OnHold> {
  const tapped = await givenTapped(app)
  loseNotices(app)
  await payOnPhone(app, tapped.params)
  const outRefundNo = await refundManually(app, tapped, manual)
  await letPass(app, 60)
  await createRecheckLoop(app.deps)()
  await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })
  return { ...tapped, outRefundNo }
}

/** The same after a mismatch that was accepted while WeChat gave no answer, and refunded manually before it did. */
async function givenHeldByDecision(app: TestApp, manual: ManualRefund): Promise<OnHold> {
  const { deps, sandbox } = app
  const tapped = await givenTapped(app)
  loseNotices(app)
  const { sn } = tapped.payment
  const ordered = sandbox.ledger.orders.get(sn)
  if (ordered) sandbox.ledger.commit(['orders', { ...ordered, totalFen: 12_000 }])
  await payOnPhone(app, tapped.params)
  await sandbox.sendNotice(sn)
  const { id: mismatchId } = await deps.db.paymentMismatch.findFirstOrThrow({ where: { paymentSn: sn } })
  sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable' })
  await expect(acceptMismatch(deps, { mismatchId })).rejects.toMatchObject({ outcomeUnknown: true })
  const outRefundNo = await refundManually(app, tapped, manual)
  sandbox.faults.clear('query')
  await finishDecisions(deps)
  return { ...tapped, outRefundNo }
}

/** Makes a manual refund, whose notice the test sends once it has ended at WeChat. @returns its number. */
async function refundManually({ sandbox }: TestApp, { payment }: Tapped, manual: ManualRefund): Promise<string> {
  const { outRefundNo, status } = sandbox.refundManually({ outTradeNo: payment.sn, ...manual })
  await expect.poll(() => sandbox.ledger.refunds.get(outRefundNo)?.status).not.toBe(status)
  return outRefundNo
}

/** The stay is over, and the loop has seen it. */
async function expire({ deps }: TestApp, { order }: Tapped): Promise<void> {
  await deps.db.$executeRaw`
    UPDATE homestay_order SET "liveStartDate" = today - 1, "liveEndDate" = today
    FROM (SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date AS today) AS clock WHERE sn = ${order.sn}`
  await expireOrders(deps)
}

/** The order, and what became of its messages. */
async function standingOf({ deps }: TestApp, { order }: Tapped) {
  const { order: state, messages } = await snapshotOf(deps, order.sn)
  return [state, ...messages]
}

describe('a payment on hold', () => {
  test.for([
    ['an accepted mismatch whose manual refund WeChat closed', givenHeldByDecision, { end: 'CLOSED' }],
    ['a payment whose manual refund WeChat closed', givenHeld, { end: 'CLOSED' }],
    ['a payment that was refunded in part', givenHeld, { refundFen: 800 }],
  ] as const)(
    'enqueues and drops the messages of %s when the hold outlasts the stay',
    async ([, given, manual], { app }) => {
      const onHold = await given(app, manual)
      expect(await paymentOf(app.deps, onHold.payment.sn)).toMatchObject({
        status: 'SUCCESS',
        heldAt: expect.any(Date),
      })
      await expire(app, onHold)
      expect(await standingOf(app, onHold)).toEqual(['EXPIRED'])

      await app.sandbox.sendNotice(onHold.outRefundNo)
      await applyToOrder(app.deps, { paymentSn: onHold.payment.sn })
      expect(await standingOf(app, onHold)).toEqual(['EXPIRED', 'ORDER_PAID PENDING 0', 'CHECK_IN PENDING 0'])
      await letPass(app, 60)
      await deliverDue(app.deps)

      expect(await standingOf(app, onHold)).toEqual(['EXPIRED', 'ORDER_PAID DROPPED 0', 'CHECK_IN DROPPED 0'])
      expect(app.sandbox.messages()).toEqual([])
    },
  )

  test('sends the messages once when the code is redeemed right after the hold ended', async ({ app }) => {
    const onHold = await givenHeld(app, { refundFen: 800 })
    await app.sandbox.sendNotice(onHold.outRefundNo)
    const { tradeCode } = await orderOf(app.deps, onHold.order.sn)
    // The guest sees the code as soon as the hold has ended, before the payment is applied.
    await redeemTradeCode(app.deps, { hostUserId: onHold.hostUserId, tradeCode: tradeCode ?? '' })

    await applyToOrder(app.deps, { paymentSn: onHold.payment.sn })
    await applyToOrder(app.deps, { paymentSn: onHold.payment.sn })
    await letPass(app, 60)
    await deliverDue(app.deps)

    expect(await standingOf(app, onHold)).toEqual(['USED', 'ORDER_PAID SENT 1', 'CHECK_IN SENT 1'])
    expect(app.sandbox.messages()).toHaveLength(2)
  })

  test('sends the REFUNDED message alone when all of it went back after the stay', async ({ app }) => {
    const onHold = await givenHeld(app, {})
    await expire(app, onHold)

    await app.sandbox.sendNotice(onHold.outRefundNo)
    await applyToOrder(app.deps, { paymentSn: onHold.payment.sn })

    expect(await summaryOf(app.deps, onHold.payment.sn)).toEqual(['MANUAL SUCCESS 12800'])
    expect(await standingOf(app, onHold)).toEqual(['REFUNDED', 'REFUNDED PENDING 0'])
  })
})
