import { parseDecimal, yuanToFen } from './decimal.ts'
import { BillError } from './errors.ts'

/** A line of a trade bill. Texts that do not apply are empty, amounts that do not apply are 0. */
export interface TradeBillRow {
  tradedAt: Date
  appid: string
  mchid: string
  transactionId: string
  outTradeNo: string
  openid: string
  tradeType: string
  /** `SUCCESS` for a payment, `REFUND` or `REVOKED` for money that went back. */
  tradeState: string
  currency: string
  /** The price of the order: what `amount.total` says. */
  orderTotalFen: number
  /** The price less coupons that the merchant does not get paid for. */
  settlementTotalFen: number
  couponFen: number
  refundId: string
  outRefundNo: string
  /** What was asked to be refunded: what `amount.refund` says. */
  refundRequestedFen: number
  refundStatus: string
  description: string
  attach: string
  /** In yuan with five decimals, negative on refunds. */
  feeYuan: string
  /** Every cell by the name of its column, unknown columns included. */
  cells: Record<string, string>
}

export interface TradeBill {
  rows: TradeBillRow[]
  /** The last line, by the names of its columns. */
  summary: Record<string, string>
}

/** Columns whose sum the summary tells, by the summary's name. */
const summedColumns: Readonly<Record<string, string>> = {
  应结订单总金额: '应结订单金额',
  退款总金额: '退款金额',
  充值券退款总金额: '充值券退款金额',
  手续费总金额: '手续费',
  订单总金额: '订单金额',
  申请退款总金额: '申请退款金额',
}

const ROW_COUNT = '总交易单数'

/**
 * Reads a trade bill: a header line, lines whose every cell begins with a back-tick, and a summary, against which the
 * count and the sums are checked. Columns are found by name, so new ones do no harm.
 *
 * Source: https://pay.weixin.qq.com/doc/v3/merchant/4013071254
 *
 * @throws {BillError} when lines are missing, or do not add up to the summary.
 */
export function parseTradeBill(file: Buffer | string): TradeBill {
  const text = (typeof file === 'string' ? file : file.toString()).replace(/^\uFEFF/, '')
  const lines = text.split(/\r?\n/).filter((line) => line !== '')
  const header = lines[0]
  const summaryHeader = lines.at(-2)
  const summaryLine = lines.at(-1)
  const isWhole = header && summaryHeader && summaryLine && lines.length >= 3 && summaryLine.startsWith('`')
  if (!isWhole || header.startsWith('`') || summaryHeader.startsWith('`')) {
    throw new BillError('The bill has no header or no summary: it was cut off, download it again')
  }
  const cells = lines.slice(1, -2).map((line) => cellsOf(header, line))
  const summary = cellsOf(summaryHeader, summaryLine)
  checkSummary(cells, summary)
  return { rows: cells.map(rowOf), summary }
}

function cellsOf(header: string, line: string): Record<string, string> {
  const names = header.split(',')
  if (!line.startsWith('`')) throw new BillError('A line of the bill does not begin with a back-tick')
  const values = line.slice(1).split(',`')
  if (values.length !== names.length) {
    throw new BillError(`A line of the bill has ${values.length} cells for ${names.length} columns`)
  }
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))
}

function checkSummary(rows: Record<string, string>[], summary: Record<string, string>): void {
  if (Number(summary[ROW_COUNT]) !== rows.length) {
    throw new BillError(`The bill announces ${summary[ROW_COUNT]} lines and has ${rows.length}`)
  }
  for (const [totalName, column] of Object.entries(summedColumns)) {
    const total = summary[totalName]
    if (total === undefined || (rows.length > 0 && rows[0]?.[column] === undefined)) continue
    const sum = rows.reduce((before, row) => before + decimal(row[column] ?? ''), 0n)
    if (sum !== decimal(total))
      throw new BillError(`The lines of the bill do not add up to its ${totalName} (${total})`)
  }
}

function decimal(text: string): bigint {
  try {
    return parseDecimal(text === '' ? '0' : text)
  } catch (error) {
    throw new BillError('An amount of the bill cannot be read', { cause: error })
  }
}

function rowOf(cells: Record<string, string>): TradeBillRow {
  const text = (name: string) => cells[name] ?? ''
  const fen = (name: string) => {
    try {
      return yuanToFen(text(name))
    } catch (error) {
      throw new BillError(`The column ${name} of the bill cannot be read`, { cause: error })
    }
  }
  const tradedAt = new Date(`${text('交易时间').replace(' ', 'T')}+08:00`)
  if (Number.isNaN(tradedAt.getTime())) throw new BillError('The column 交易时间 of the bill cannot be read')
  return {
    tradedAt,
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
    refundStatus: text('退款状态'),
    description: text('商品名称'),
    attach: text('商户数据包'),
    feeYuan: text('手续费'),
    cells,
  }
}
