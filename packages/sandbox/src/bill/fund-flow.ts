import { beijingDigits, toBeijingTime } from '../beijing-time.ts'
import { settledFen, settledRefundFen } from '../pay/coupon.ts'
import { refundsOf } from '../refund/lifecycle.ts'
import type { Order } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { type Bill, type BillLine, yuan } from './format.ts'
import { isOmitted, withChanges } from './planted.ts'

/** https://pay.weixin.qq.com/doc/v3/merchant/4013071249 */
const columns = [
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
const isIn = (line: BillLine) => line['收支类型'] === '收入'
const isOut = (line: BillLine) => line['收支类型'] === '支出'
const totals = [
  { name: '资金流水总笔数' },
  { name: '收入笔数', of: isIn },
  { name: '收入金额', column: '收支金额(元)', of: isIn },
  { name: '支出笔数', of: isOut },
  { name: '支出金额', column: '收支金额(元)', of: isOut },
]

/** A movement of the basic account; `fen` is negative for what left it. */
interface Flow {
  at: number
  number: string
  kind: '交易' | '扣除交易手续费' | '退款' | '退还交易手续费'
  fen: number
  voucher: string
}

/** The fund flow bill of the basic account on one day in Beijing (`yyyymmdd`). Null when no money moved. */
export function fundFlowBillOf(world: World, day: string): Bill | null {
  const all = [...world.ledger.orders.values()]
    .flatMap((order) => flowsOf(world, order))
    .sort((one, other) => one.at - other.at)
  let balanceFen = 0
  const listed = all
    .map((flow, index) => ({ ...flow, index, balanceFen: (balanceFen += flow.fen) }))
    .filter(({ at, voucher }) => beijingDigits(at).day === day && !isOmitted(world, 'fund-flow', voucher))
  return listed.length === 0 ? null : { columns, lines: linesOf(world, listed), totals }
}

/** A movement in its order, and what it left. */
type Listed = Flow & { index: number; balanceFen: number }

function* linesOf(world: World, listed: Listed[]): Generator<BillLine> {
  for (const flow of listed) {
    const line = cellsOf(world, flow)
    yield flow.kind.includes('手续费') ? withChanges(world, 'fund-flow', flow.voucher, line) : line
  }
}

function cellsOf({ credentials }: World, { at, number, index, kind, fen, balanceFen, voucher }: Listed): BillLine {
  return {
    记账时间: toBeijingTime(at).slice(0, 19).replace('T', ' '),
    微信支付业务单号: number,
    资金流水单号: `${credentials.mchid}${beijingDigits(at).day}${String(index).padStart(10, '0')}`,
    业务名称: kind,
    业务类型: kind,
    收支类型: fen > 0 ? '收入' : '支出',
    '收支金额(元)': yuan(Math.abs(fen)),
    '账户结余(元)': yuan(balanceFen),
    资金变更提交申请人: 'system',
    备注: '',
    业务凭证号: voucher,
  }
}

function flowsOf(world: World, order: Order): Flow[] {
  const { payment } = order
  if (!payment) return []
  const paid = { at: payment.paidAt, number: payment.transactionId, voucher: order.outTradeNo }
  const paidFen = settledFen(order.totalFen, payment)
  const refunds = refundsOf(world, order)
    .filter(({ status }) => status !== 'CLOSED')
    .flatMap((refund): Flow[] => {
      const fen = settledRefundFen(payment, refund)
      const back = { at: refund.createdAt, number: refund.refundId, voucher: refund.outRefundNo }
      return [
        { ...back, kind: '退款', fen: -fen },
        { ...back, kind: '退还交易手续费', fen: feeFen(fen) },
      ]
    })
  const flows: Flow[] = [
    { ...paid, kind: '交易', fen: paidFen },
    { ...paid, kind: '扣除交易手续费', fen: -feeFen(paidFen) },
    ...refunds,
  ]
  return flows.filter(({ fen }) => fen !== 0)
}

/** 0.6 %, rounded to whole fen. */
function feeFen(amountFen: number): number {
  return Math.round((amountFen * 6) / 1000)
}
