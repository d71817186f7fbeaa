import { beijingDigits, toBeijingTime } from './beijing-time.ts'
import type { Order, Payment, Refund } from './ledger.ts'
import { refundsOf } from './refund.ts'
import type { World } from './world.ts'

const columns = [
  '交易时间',
  '公众账号ID',
  '商户号',
  '特约商户号',
  '设备号',
  '微信订单号',
  '商户订单号',
  '用户标识',
  '交易类型',
  '交易状态',
  '付款银行',
  '货币种类',
  '应结订单金额',
  '代金券金额',
  '微信退款单号',
  '商户退款单号',
  '退款金额',
  '充值券退款金额',
  '退款类型',
  '退款状态',
  '商品名称',
  '商户数据包',
  '手续费',
  '费率',
  '订单金额',
  '申请退款金额',
  '费率备注',
]
const summaryColumns = [
  '总交易单数',
  '应结订单总金额',
  '退款总金额',
  '充值券退款总金额',
  '手续费总金额',
  '订单总金额',
  '申请退款总金额',
]

export type BillType = 'ALL' | 'SUCCESS' | 'REFUND'

interface Row {
  at: number
  order: Order
  payment: Payment
  refund?: Refund
}

/**
 * The trade bill of one day in Beijing (`yyyymmdd`): payments under the day they were paid, refunds under the day
 * they were asked for. Null when nothing happened.
 *
 * Source: https://pay.weixin.qq.com/doc/v3/merchant/4013071254
 */
export function writeTradeBill(world: World, day: string, billType: BillType): string | null {
  const rows = [...world.ledger.orders.values()]
    .flatMap((order) => rowsOf(world, order))
    .filter(({ at, refund }) => beijingDigits(at).day === day && isWanted(billType, refund))
    .sort((one, other) => one.at - other.at)
  if (rows.length === 0) return null
  const lines = [
    columns.join(','),
    ...rows.map((row) => line(cells(world, row))),
    summaryColumns.join(','),
    summary(rows),
  ]
  return `\uFEFF${lines.map((text) => `${text}\r\n`).join('')}`
}

function rowsOf(world: World, order: Order): Row[] {
  const { payment } = order
  if (!payment) return []
  const refunds = refundsOf(world, order).map((refund) => ({ at: refund.createdAt, order, payment, refund }))
  return [{ at: payment.paidAt, order, payment }, ...refunds]
}

function isWanted(billType: BillType, refund: Refund | undefined): boolean {
  return billType === 'ALL' || (billType === 'REFUND') === (refund !== undefined)
}

function cells(world: World, { at, order, payment, refund }: Row): string[] {
  const { appid, mchid } = world.credentials
  return [
    toBeijingTime(at).slice(0, 19).replace('T', ' '),
    appid,
    mchid,
    '0',
    '',
    payment.transactionId,
    order.outTradeNo,
    order.openid,
    'JSAPI',
    refund ? 'REFUND' : 'SUCCESS',
    'OTHERS',
    'CNY',
    yuan(refund ? 0 : order.totalFen),
    yuan(refund ? 0 : payment.couponFen),
    refund?.refundId ?? '0',
    refund?.outRefundNo ?? '0',
    yuan(refund?.refundFen ?? 0),
    '0.00',
    refund ? 'ORIGINAL' : '',
    refund ? refundStatus(refund) : '',
    order.description,
    order.attach ?? '',
    feeYuan(refund ? -refund.refundFen : order.totalFen),
    '0.60%',
    yuan(refund ? 0 : order.totalFen),
    yuan(refund?.refundFen ?? 0),
    '',
  ]
}

function summary(rows: Row[]): string {
  const paidFen = sum(rows.map(({ order, refund }) => (refund ? 0 : order.totalFen)))
  const refundedFen = sum(rows.map(({ refund }) => refund?.refundFen ?? 0))
  const totals = [
    yuan(paidFen),
    yuan(refundedFen),
    '0.00',
    feeYuan(paidFen - refundedFen),
    yuan(paidFen),
    yuan(refundedFen),
  ]
  return line([String(rows.length), ...totals])
}

function refundStatus({ status }: Refund): string {
  return status === 'ABNORMAL' || status === 'CLOSED' ? 'FAIL' : status
}

function line(texts: string[]): string {
  return texts.map((text) => `\`${text}`).join(',')
}

function yuan(amountFen: number): string {
  return (amountFen / 100).toFixed(2)
}

/** 0.6 %, which is a whole number of 1/100000 yuan for every fen. */
function feeYuan(amountFen: number): string {
  return ((amountFen * 6) / 100_000).toFixed(5)
}

function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}
