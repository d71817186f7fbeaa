import { type BillReader, type Cells, createBillReader, readLine } from './bill-file.ts'
import { BillError } from './errors.ts'

/** A line of a fund flow bill: money into the merchant's account, or out of it. */
export interface FundFlowRow {
  bookedAt: Date
  /** `transaction_id` of the payment, or `refund_id` of the refund, that moved the money. */
  businessNumber: string
  flowNumber: string
  /** As WeChat names it: `交易`, `退款`, `扣除交易手续费` … */
  businessName: string
  businessType: string
  direction: 'in' | 'out'
  amountFen: number
  balanceFen: number
  submittedBy: string
  remark: string
  /** Our number: `out_trade_no` or `out_refund_no`. */
  voucherNumber: string
  /** Every cell by the name of its column, unknown columns included. */
  cells: Cells
}

const directions: Readonly<Record<string, FundFlowRow['direction']>> = { 收入: 'in', 支出: 'out' }

const requiredColumns = [
  '记账时间',
  '微信支付业务单号',
  '资金流水单号',
  '业务名称',
  '业务类型',
  '收支类型',
  '收支金额(元)',
  '账户结余(元)',
  '资金变更提交申请人',
  '备注',
  '业务凭证号',
]

/**
 * A reader of a fund flow bill, which checks the counts and the sums of its lines against its summary.
 *
 * Source: https://pay.weixin.qq.com/doc/v3/merchant/4013071249
 */
export function createFundFlowBillReader(): BillReader<FundFlowRow> {
  const ofDirections = Object.keys(directions).flatMap((direction) => {
    const of = (cells: Cells) => cells['收支类型'] === direction
    return [
      { name: `${direction}笔数`, of },
      { name: `${direction}金额`, column: '收支金额(元)', of },
    ]
  })
  return createBillReader({
    required: requiredColumns,
    totals: [{ name: '资金流水总笔数' }, ...ofDirections],
    toRow: rowOf,
  })
}

function rowOf(cells: Cells): FundFlowRow {
  const { text, fen, instant } = readLine(cells)
  const direction = directions[text('收支类型')]
  if (!direction) throw new BillError('The column 收支类型 of the bill cannot be read')
  return {
    bookedAt: instant('记账时间'),
    businessNumber: text('微信支付业务单号'),
    flowNumber: text('资金流水单号'),
    businessName: text('业务名称'),
    businessType: text('业务类型'),
    direction,
    amountFen: fen('收支金额(元)'),
    balanceFen: fen('账户结余(元)'),
    submittedBy: text('资金变更提交申请人'),
    remark: text('备注'),
    voucherNumber: text('业务凭证号'),
    cells,
  }
}
