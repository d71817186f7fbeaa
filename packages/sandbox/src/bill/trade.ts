import { beijingDigits, toBeijingTime } from '../beijing-time.ts'
import { couponShareFen, settledFen, settledRefundFen } from '../pay/coupon.ts'
import { tradeTypeOf } from '../pay/trade-type.ts'
import { refundsOf } from '../refund/lifecycle.ts'
import type { Order, Payment, Refund } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { type Bill, type BillLine, yuan } from './format.ts'
import { isOmitted, withChanges } from './planted.ts'

export type BillType = 'ALL' | 'SUCCESS' | 'REFUND'

/** Columns that only bills of these types have. Source: https://pay.weixin.qq.com/doc/v3/merchant/4013071246 */
const columnsOfSome: Record<string, readonly BillType[]> = {
  退款申请时间: ['REFUND'],
  退款成功时间: ['REFUND'],
  微信退款单号: ['ALL', 'REFUND'],
  商户退款单号: ['ALL', 'REFUND'],
  退款金额: ['ALL', 'REFUND'],
  充值券退款金额: ['ALL', 'REFUND'],
  退款类型: ['ALL', 'REFUND'],
  退款状态: ['ALL', 'REFUND'],
  申请退款金额: ['ALL', 'REFUND'],
}
const totals = [
  { name: '总交易单数' },
  { name: '应结订单总金额', column: '应结订单金额' },
  { name: '退款总金额', column: '退款金额' },
  { name: '充值券退款总金额', column: '充值券退款金额' },
  { name: '手续费总金额', column: '手续费', digits: 5 },
  { name: '订单总金额', column: '订单金额' },
  { name: '申请退款总金额', column: '申请退款金额' },
]

interface Row {
  at: number
  order: Order
  payment: Payment
  refund?: Refund
}

/**
 * The trade bill of one day in Beijing (`yyyymmdd`): payments on the day they were paid, refunds on the day they were
 * requested. Null when there were none.
 *
 * Source: https://pay.weixin.qq.com/doc/v3/merchant/4013071254
 */
export function tradeBillOf(world: World, day: string, billType: BillType): Bill | null {
  const rows = [...world.ledger.orders.values()]
    .flatMap((order) => rowsOf(world, order))
    .filter(({ at, refund }) => beijingDigits(at).day === day && isListed(billType, refund))
    .filter((row) => !isOmitted(world, 'trade', numberOf(row)))
    .sort((one, other) => one.at - other.at)
  const [first] = rows
  if (!first) return null
  const columns = Object.keys(cellsOf(world, first)).filter((name) => columnsOfSome[name]?.includes(billType) ?? true)
  return { columns, lines: linesOf(world, rows), totals }
}

function* linesOf(world: World, rows: Row[]): Generator<BillLine> {
  for (const row of rows) yield withChanges(world, 'trade', numberOf(row), cellsOf(world, row))
}

function numberOf({ order, refund }: Row): string {
  return refund?.outRefundNo ?? order.outTradeNo
}

function rowsOf(world: World, order: Order): Row[] {
  const { payment } = order
  if (!payment) return []
  const refunds = refundsOf(world, order).map((refund) => ({ at: refund.createdAt, order, payment, refund }))
  return [{ at: payment.paidAt, order, payment }, ...refunds]
}

function isListed(billType: BillType, refund: Refund | undefined): boolean {
  return billType === 'ALL' || (billType === 'REFUND') === (refund !== undefined)
}

/** In the order of the bill's columns. */
function cellsOf(world: World, row: Row): Record<string, string> {
  const { at, order, payment, refund } = row
  const { appid, mchid } = world.credentials
  const amounts = amountsOf(row)
  return {
    交易时间: moment(at),
    公众账号ID: appid,
    商户号: mchid,
    特约商户号: '0',
    设备号: '',
    微信订单号: payment.transactionId,
    商户订单号: order.outTradeNo,
    用户标识: order.openid ?? '',
    交易类型: tradeTypeOf(order),
    交易状态: refund ? 'REFUND' : 'SUCCESS',
    付款银行: 'OTHERS',
    货币种类: 'CNY',
    应结订单金额: yuan(amounts.settledFen),
    代金券金额: yuan(amounts.couponFen),
    退款申请时间: refund ? moment(refund.createdAt) : '',
    退款成功时间: refund?.succeededAt === undefined ? '' : moment(refund.succeededAt),
    微信退款单号: refund?.refundId ?? '0',
    商户退款单号: refund?.outRefundNo ?? '0',
    退款金额: yuan(amounts.settledRefundFen),
    充值券退款金额: yuan(amounts.couponRefundFen),
    退款类型: refund ? 'ORIGINAL' : '',
    退款状态: refund ? refundStates[refund.status] : '',
    商品名称: order.description,
    商户数据包: order.attach ?? '',
    手续费: feeYuan(amounts.settledFen - amounts.settledRefundFen),
    费率: '0.60%',
    订单金额: yuan(amounts.totalFen),
    申请退款金额: yuan(amounts.refundFen),
    费率备注: '',
  }
}

/** A bill names a refund's status in its own way: https://pay.weixin.qq.com/doc/v3/merchant/4013071246 */
const refundStates = { PROCESSING: 'PROCESSING', SUCCESS: 'SUCCESS', CLOSED: 'FAIL', ABNORMAL: 'CHANGE' } as const

function amountsOf({ order, payment, refund }: Row) {
  if (refund) {
    return {
      totalFen: 0,
      settledFen: 0,
      couponFen: 0,
      refundFen: refund.refundFen,
      settledRefundFen: settledRefundFen(payment, refund),
      couponRefundFen: payment.couponType === 'NOCASH' ? 0 : couponShareFen(refund),
    }
  }
  return {
    totalFen: order.totalFen,
    settledFen: settledFen(order.totalFen, payment),
    couponFen: payment.couponFen,
    refundFen: 0,
    settledRefundFen: 0,
    couponRefundFen: 0,
  }
}

function moment(epochMs: number): string {
  return toBeijingTime(epochMs).slice(0, 19).replace('T', ' ')
}

/** 0.6 %, exact to the fifth decimal of a yuan. */
function feeYuan(amountFen: number): string {
  return ((amountFen * 6) / 100_000).toFixed(5)
}
