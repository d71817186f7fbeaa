import type { OrderTradeState, PayStatus, RefundStatus } from '../../prisma/client/enums.ts'
import { cancelHomestayOrder } from '../../src/order/cancel.ts'
import { expireOrders } from '../../src/order/expire.ts'
import { refundHomestayOrder } from '../../src/order/refund.ts'
import { redeemTradeCode } from '../../src/order/trade-code.ts'
import { applyToOrder } from '../../src/payment/outbox/apply-to-order.ts'
import { recordRefund } from '../../src/payment/refund/record.ts'
import { settle } from '../../src/payment/settlement/settle.ts'
import { queryRefund, refund as requestRefund } from '../../src/wechat/refund.ts'
import { parseRefund } from '../../src/wechat/transaction.ts'
import type { TestApp } from './app.ts'
import { freshTapped, orderOf, paymentOf, type Tapped } from './fixtures.ts'
import { loseNotices, newestRefund, refundsOf } from './money.ts'
import { newTransactionId, paidReport } from './reports.ts'

/** From here on nothing is told that a test doesn't tell, and refunds at WeChat end when a test says so. */
export function silenceWechat(app: TestApp): void {
  loseNotices(app)
  app.sandbox.faults.add({ endpoint: 'refund', kind: 'ends-never' })
}

async function paid(app: TestApp): Promise<Tapped> {
  const tapped = await freshTapped(app)
  const { transactionId } = app.sandbox.payLate(tapped.payment.sn)
  const transaction = paidReport(tapped.payment, { transaction_id: transactionId })
  await settle(app.deps, { transaction, source: 'NOTICE' })
  await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })
  return tapped
}

async function cancelled(app: TestApp): Promise<Tapped> {
  const tapped = await freshTapped(app)
  await cancelHomestayOrder(app.deps, { userId: tapped.guest.id, sn: tapped.order.sn })
  return tapped
}

/** WeChat hasn't heard of the refund. */
async function refundAsked(app: TestApp): Promise<Tapped> {
  const scene = await paid(app)
  await refundHomestayOrder(app.deps, { userId: scene.guest.id, sn: scene.order.sn })
  return scene
}

async function refundEnded(app: TestApp, end: 'SUCCESS' | 'ABNORMAL' | 'CLOSED'): Promise<Tapped> {
  const scene = await refundAsked(app)
  const outRefundNo = await acceptAtWechat(app, scene)
  app.sandbox.endRefund(outRefundNo, end)
  await recordRefund(app.deps, { report: await queryRefund(app.deps.wechat, { outRefundNo }), source: 'QUERY' })
  await applyToOrder(app.deps, { paymentSn: scene.payment.sn })
  return scene
}

async function after(app: TestApp, way: Way, step: (app: TestApp, scene: Tapped) => Promise<unknown>): Promise<Tapped> {
  const scene = await way(app)
  await step(app, scene)
  return scene
}

export type Way = (app: TestApp) => Promise<Tapped>

/** A way to each state of a payment, by what people and WeChat do. */
export const toPayment: Record<PayStatus, Way> = {
  PENDING: freshTapped,
  CLOSED: cancelled,
  SUCCESS: paid,
  REFUNDING: refundAsked,
  REFUNDED: (app) => refundEnded(app, 'SUCCESS'),
}

/** A way to each state of a payment's one refund, and to none. */
export const toRefund: Record<RefundStatus | 'unknown', Way> = {
  unknown: paid,
  REQUESTED: refundAsked,
  PROCESSING: (app) => after(app, refundAsked, acceptAtWechat),
  ABNORMAL: (app) => refundEnded(app, 'ABNORMAL'),
  SUCCESS: (app) => refundEnded(app, 'SUCCESS'),
  CLOSED: (app) => refundEnded(app, 'CLOSED'),
}

/** A way to each state of an order. */
export const toOrder: Record<OrderTradeState, Way> = {
  WAIT_PAY: freshTapped,
  CANCELLED: cancelled,
  WAIT_USE: paid,
  USED: (app) => after(app, paid, redeem),
  REFUNDING: refundAsked,
  REFUNDED: (app) => refundEnded(app, 'SUCCESS'),
  EXPIRED: (app) => after(app, paid, expire),
}

async function acceptAtWechat({ deps }: TestApp, { payment }: Tapped): Promise<string> {
  const { outRefundNo, body } = await newestRefund(deps, payment.sn)
  await recordRefund(deps, { report: await requestRefund(deps.wechat, body ?? ''), source: 'REFUND' })
  return outRefundNo
}

/** WeChat's word about the payment's newest refund, or about one made by hand that nobody has heard of. */
export async function refundReport(
  { deps }: TestApp,
  { payment: { sn } }: Tapped,
  told: { status: string; fen?: number; manual?: boolean },
) {
  const { transactionId, payTotal } = await paymentOf(deps, sn)
  const known = told.manual ? undefined : (await refundsOf(deps, sn)).at(-1)
  const number = newTransactionId()
  const refundFen = told.fen ?? known?.refundTotal ?? payTotal
  return parseRefund({
    refund_id: known?.refundId ?? number,
    out_refund_no: known?.outRefundNo ?? number,
    transaction_id: transactionId ?? newTransactionId(),
    out_trade_no: sn,
    status: told.status,
    success_time: new Date().toISOString(),
    amount: { total: payTotal, refund: refundFen, payer_total: payTotal, payer_refund: refundFen },
  })
}

export async function redeem({ deps }: TestApp, { order, hostUserId }: Tapped): Promise<void> {
  const { tradeCode } = await orderOf(deps, order.sn)
  await redeemTradeCode(deps, { hostUserId, tradeCode: tradeCode ?? 'ABCDEFGH' })
}

/** The order's day of leaving begins, and the loop runs. */
export async function expire({ deps }: TestApp, { order }: Tapped): Promise<void> {
  await deps.db.$executeRaw`
    UPDATE homestay_order SET "liveStartDate" = today - 1, "liveEndDate" = today
    FROM (SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date AS today) AS clock WHERE sn = ${order.sn}`
  await expireOrders(deps)
}
