import { type BillReader, type Cells, createBillReader, readLine } from './bill-file.ts'

/** A line of a trade bill. Texts that don't apply are empty, amounts that don't apply are 0. */
export interface TradeBillRow {
  tradedAt: Date
  appid: string
  mchid: string
  transactionId: string
  outTradeNo: string
  openid: string
  tradeType: string
  /** `SUCCESS` for a payment, `REFUND` or `REVOKED` for money that was returned. */
  tradeState: string
  currency: string
  /** The price of the order: `amount.total`. */
  orderTotalFen: number
  /** The price less coupons that the merchant isn't paid for. */
  settlementTotalFen: number
  couponFen: number
  refundId: string
  outRefundNo: string
  /** The requested amount of the refund: `amount.refund`. */
  refundRequestedFen: number
  /** What the merchant pays back of it: less than requested where a coupon paid a part. */
  refundSettledFen: number
  refundStatus: string
  description: string
  attach: string
  /** In yuan with five decimals, negative on refunds. */
  feeYuan: string
  /** Every cell by the name of its column, unknown columns included. */
  cells: Cells
}

/** Payments and refunds, or one of them alone. */
export type TradeBillType = 'ALL' | 'SUCCESS' | 'REFUND'

/** Columns whose sum is in the summary, by its name there. */
const summedColumns: Readonly<Record<string, string>> = {
  应结订单总金额: '应结订单金额',
  退款总金额: '退款金额',
  充值券退款总金额: '充值券退款金额',
  手续费总金额: '手续费',
  订单总金额: '订单金额',
  申请退款总金额: '申请退款金额',
}

/** Columns that are missing in a bill of payments alone. */
const refundColumns = ['微信退款单号', '商户退款单号', '退款金额', '充值券退款金额', '退款状态', '申请退款金额']

/** The columns that we read. A bill has more, and may get new ones. */
const requiredColumns = [
  '交易时间',
  '公众账号ID',
  '商户号',
  '微信订单号',
  '商户订单号',
  '用户标识',
  '交易类型',
  '交易状态',
  '货币种类',
  '应结订单金额',
  '代金券金额',
  '商品名称',
  '商户数据包',
  '手续费',
  '订单金额',
]

/**
 * A reader of a trade bill, which checks the count and the sums of its lines against its summary.
 *
 * Source: https://pay.weixin.qq.com/doc/v3/merchant/4013071254
 *
 * @param billType the type that was requested.
 */
export function createTradeBillReader(billType: TradeBillType = 'ALL'): BillReader<TradeBillRow> {
  const hasRefunds = billType !== 'SUCCESS'
  const sums = Object.entries(summedColumns)
    .filter(([, column]) => hasRefunds || !refundColumns.includes(column))
    .map(([name, column]) => ({ name, column }))
  return createBillReader({
    required: hasRefunds ? [...requiredColumns, ...refundColumns] : requiredColumns,
    totals: [{ name: '总交易单数' }, ...sums],
    toRow: rowOf,
  })
}

function rowOf(cells: Cells): TradeBillRow {
  const { text, fen, instant } = readLine(cells)
  return {
    tradedAt: instant('交易时间'),
    appid: text('公众账号ID'),
    mchid: text('商户号'),
    transactionId: text('微信订单号'),
    outTradeNo: text('商户订单号'),
    openid: text('用户标识'),
    tradeType: text('交易类型'),
    tradeState: text('交易状态'),
    currency: text('货币种类'),
    orderTotalFen: fen('订单金额'),
    settlementTotalFen: fen('应结订单金额'),
    couponFen: fen('代金券金额'),
    refundId: text('微信退款单号'),
    outRefundNo: text('商户退款单号'),
    refundRequestedFen: fen('申请退款金额'),
    refundSettledFen: fen('退款金额'),
    refundStatus: text('退款状态'),
    description: text('商品名称'),
    attach: text('商户数据包'),
    feeYuan: text('手续费'),
    cells,
  }
}
