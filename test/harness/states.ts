import type { OrderTradeState, PayStatus, RefundStatus } from '../../prisma/client/enums.ts'
import { cancelHomestayOrder } from '../../src/order/cancel.ts'
import { expireOrders } from '../../src/order/expire.ts'
import { refundHomestayOrder } from '../../src/order/refund.ts'
import { redeemTradeCode } from '../../src/order/trade-code.ts'
import { applyToOrder } from '../../src/payment/outbox/apply-to-order.ts'
import { recordRefund } from '../../src/payment/refund/record.ts'
import { settle } from '../../src/payment/settlement/settle.ts'
import { queryRefund, requestRefund } from '../../src/wechat/refund.ts'
import { parseRefund } from '../../src/wechat/transaction.ts'
import type { TestApp } from './app.ts'
import { freshTapped, orderOf, paymentOf, type Tapped } from './fixtures.ts'
import { loseNotices, newestRefund, refundsOf } from './money.ts'
import { newTransactionId, paidReport } from './reports.ts'

/** From here on only the test sends notices, and only the test ends refunds at WeChat. */
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

/** WeChat hasn't received the refund yet. */
async function refundRequested(app: TestApp): Promise<Tapped> {
  const tapped = await paid(app)
  await refundHomestayOrder(app.deps, { userId: tapped.guest.id, sn: tapped.order.sn })
  return tapped
}

async function refundEnded(app: TestApp, end: 'SUCCESS' | 'ABNORMAL' | 'CLOSED'): Promise<Tapped> {
  const tapped = await refundRequested(app)
  const outRefundNo = await acceptAtWechat(app, tapped)
  app.sandbox.endRefund(outRefundNo, end)
  await recordRefund(app.deps, { report: await queryRefund(app.deps.wechat, { outRefundNo }), source: 'QUERY' })
  await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })
  return tapped
}

async function after(
  app: TestApp,
  path: StatePath,
  step: (app: TestApp, tapped: Tapped) => Promise<unknown>,
): Promise<Tapped> {
  const tapped = await path(app)
  await step(app, tapped)
  return tapped
}

/** Brings a new order, its payment or its refund to a state, by what people and WeChat do. */
export type StatePath = (app: TestApp) => Promise<Tapped>

/** A path to each state of a payment. */
export const paymentStates: Record<PayStatus, StatePath> = {
  PENDING: freshTapped,
  CLOSED: cancelled,
  SUCCESS: paid,
  REFUNDING: refundRequested,
  REFUNDED: (app) => refundEnded(app, 'SUCCESS'),
}

/** A path to each state of a payment's only refund; `unknown` when there is none yet. */
export const refundStates: Record<RefundStatus | 'unknown', StatePath> = {
  unknown: paid,
  REQUESTED: refundRequested,
  PROCESSING: (app) => after(app, refundRequested, acceptAtWechat),
  ABNORMAL: (app) => refundEnded(app, 'ABNORMAL'),
  SUCCESS: (app) => refundEnded(app, 'SUCCESS'),
  CLOSED: (app) => refundEnded(app, 'CLOSED'),
}

/** A path to each state of an order. */
export const orderStates: Record<OrderTradeState, StatePath> = {
  WAIT_PAY: freshTapped,
  CANCELLED: cancelled,
  WAIT_USE: paid,
  USED: (app) => after(app, paid, redeem),
  REFUNDING: refundRequested,
  REFUNDED: (app) => refundEnded(app, 'SUCCESS'),
  EXPIRED: (app) => after(app, paid, expire),
}

async function acceptAtWechat({ deps }: TestApp, { payment }: Tapped): Promise<string> {
  const { outRefundNo, body } = await newestRefund(deps, payment.sn)
  await recordRefund(deps, { report: await requestRefund(deps.wechat, body ?? ''), source: 'REFUND' })
  return outRefundNo
}

/** A report about the payment's newest refund or, with `manual`, about a manual refund that we don't know yet. */
export async function refundReport(
  { deps }: TestApp,
  { payment: { sn } }: Tapped,
  reported: { status: string; fen?: number; manual?: boolean },
) {
  const { transactionId, payTotal } = await paymentOf(deps, sn)
  const known = reported.manual ? undefined : (await refundsOf(deps, sn)).at(-1)
  const number = newTransactionId()
  const refundFen = reported.fen ?? known?.refundTotal ?? payTotal
  return parseRefund({
    refund_id: known?.refundId ?? number,
    out_refund_no: known?.outRefundNo ?? number,
    transaction_id: transactionId ?? newTransactionId(),
    out_trade_no: sn,
    status: reported.status,
    success_time: new Date().toISOString(),
    amount: { total: payTotal, refund: refundFen, payer_total: payTotal, payer_refund: refundFen },
  })
}

/** The host redeems the order's entry code; with none, a code that doesn't exist. */
export async function redeem({ deps }: TestApp, { order, hostUserId }: Tapped): Promise<void> {
  const { tradeCode } = await orderOf(deps, order.sn)
  await redeemTradeCode(deps, { hostUserId, tradeCode: tradeCode ?? 'ABCDEFGH' })
}

/** Moves the stay so that the guest leaves today, and runs the expiry loop. */
export async function expire({ deps }: TestApp, { order }: Tapped): Promise<void> {
  await deps.db.$executeRaw`
    UPDATE homestay_order SET "liveStartDate" = today - 1, "liveEndDate" = today
    FROM (SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date AS today) AS clock WHERE sn = ${order.sn}`
  await expireOrders(deps)
}
