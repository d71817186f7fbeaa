import { beijingDigits, toBeijingTime } from '../beijing-time.ts'
import { settledFen, settledRefundFen } from '../pay/coupon.ts'
import { refundsOf } from '../refund/lifecycle.ts'
import type { Order } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { sum, writeBill, yuan } from './format.ts'

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
const summaryColumns = ['资金流水总笔数', '收入笔数', '收入金额', '支出笔数', '支出金额']

/** A movement of the basic account; `fen` is negative for what left it. */
interface Flow {
  at: number
  number: string
  kind: '交易' | '扣除交易手续费' | '退款' | '退还交易手续费'
  fen: number
  voucher: string
}

/** The fund flow bill of the basic account on one day in Beijing (`yyyymmdd`). Null when no money moved. */
export function writeFundFlowBill(world: World, day: string): string | null {
  const all = [...world.ledger.orders.values()]
    .flatMap((order) => flowsOf(world, order))
    .sort((one, other) => one.at - other.at)
  let balanceFen = 0
  const listed = all
    .map((flow, index) => ({ ...flow, index, balanceFen: (balanceFen += flow.fen) }))
    .filter(({ at }) => beijingDigits(at).day === day)
  if (listed.length === 0) return null
  return writeBill({
    columns,
    rows: listed.map(({ at, number, index, kind, fen, balanceFen, voucher }) => [
      toBeijingTime(at).slice(0, 19).replace('T', ' '),
      number,
      `${world.credentials.mchid}${beijingDigits(at).day}${String(index).padStart(10, '0')}`,
      kind,
      kind,
      fen > 0 ? '收入' : '支出',
      yuan(Math.abs(fen)),
      yuan(balanceFen),
      'system',
      '',
      voucher,
    ]),
    summaryColumns,
    summary: summaryOf(listed),
  })
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

function summaryOf(flows: Flow[]): string[] {
  const incomes = flows.filter(({ fen }) => fen > 0)
  const expenses = flows.filter(({ fen }) => fen < 0)
  return [
    String(flows.length),
    String(incomes.length),
    yuan(sum(incomes.map(({ fen }) => fen))),
    String(expenses.length),
    yuan(-sum(expenses.map(({ fen }) => fen))),
  ]
}
