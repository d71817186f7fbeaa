import { ORDER_TOTAL, openidOf, paymentSn } from './fill.ts'

/** A day of payments numbered from 1, the last of which lost their notices; and what its bills say wrongly. */
export interface BillPlan {
  mchid: string
  appid: string
  /** `yyyy-mm-dd hh:mm:ss` by China's clock. */
  paidAt: string
  payments: number
  guests: number
}

/** One payment in so many is planted with each kind of difference. */
export const EVERY = 1_000

/** What is planted, by the number's remainder. */
const PLANTED = { left: 1, amount: 2, fee: 3, transaction: 4, unknown: 5 }
export const PLANTED_KINDS = Object.keys(PLANTED).length

const FEE_FEN = ORDER_TOTAL * 0.006
const yuan = (fen: number, digits = 2) => (fen / 100).toFixed(digits)
const line = (cells: string[]) => `\`${cells.join(',`')}\r\n`

const transactionId = (number: number) => `4200${String(number).padStart(24, '0')}`

const TRADE_COLUMNS =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,' +
  '应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,' +
  '手续费,费率,订单金额,申请退款金额,费率备注'

/** The trade bill, line by line. */
export function* tradeBill({ mchid, appid, paidAt, payments, guests }: BillPlan): Generator<string> {
  yield `\uFEFF${TRADE_COLUMNS}\r\n`
  let count = 0
  let totalFen = 0
  for (let number = 1; number <= payments; number++) {
    const planted = number % EVERY
    if (planted === PLANTED.left) continue
    const amountFen = planted === PLANTED.amount ? 99_900 : ORDER_TOTAL
    const isOther = planted === PLANTED.transaction
    const outTradeNo = planted === PLANTED.unknown ? `XX${number}` : paymentSn(number)
    const openid = openidOf(((number - 1) % guests) + 1)
    count += 1
    totalFen += amountFen
    const paidBy = isOther ? `43${transactionId(number).slice(2)}` : transactionId(number)
    const whatWasPaid = `${yuan(ORDER_TOTAL)},\`0.00,\`0,\`0,\`0.00,\`0.00,\`,\`,\`西湖边的小院, 两室一厅,\``
    const amounts = `${yuan(FEE_FEN, 5)},\`0.60%,\`${yuan(amountFen)},\`0.00,\``
    const who = [paidAt, appid, mchid, '0', '', paidBy, outTradeNo, openid, 'JSAPI', 'SUCCESS', 'OTHERS', 'CNY']
    yield line([...who, whatWasPaid, amounts])
  }
  yield '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n'
  const sums = [yuan(count * ORDER_TOTAL), '0.00', '0.00', yuan(count * FEE_FEN, 5), yuan(totalFen), '0.00']
  yield line([`${count}`, ...sums])
}

/** The fund flow bill: each payment, and its fee, rounded to fen. */
export function* fundFlowBill({ paidAt, payments }: BillPlan): Generator<string> {
  yield '\uFEFF记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号\r\n'
  let feesFen = 0
  for (let number = 1; number <= payments; number++) {
    const feeFen = Math.round(FEE_FEN) + (number % EVERY === PLANTED.fee ? 100 : 0)
    feesFen += feeFen
    for (const [kind, direction, fen] of [
      ['交易', '收入', ORDER_TOTAL],
      ['扣除交易手续费', '支出', feeFen],
    ] as const) {
      const flow = [paidAt, transactionId(number), `F${number}${kind}`, kind, kind, direction, yuan(fen), '0.00']
      yield line([...flow, 'system', '', paymentSn(number)])
    }
  }
  yield '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n'
  yield line([`${payments * 2}`, `${payments}`, yuan(payments * ORDER_TOTAL), `${payments}`, yuan(feesFen)])
}

/**
 * How many differences must be found, by class and outcome. Another transaction of a number is one that only WeChat has, of
 * the same payment; so our own is one that only we have.
 */
export function expected({ payments }: BillPlan, lost: number): Record<string, number> {
  const each = (remainder: number) => Math.floor((payments - remainder) / EVERY) + (payments >= remainder ? 1 : 0)
  return {
    'AMOUNT DECIDE': each(PLANTED.amount),
    'FEE DECIDE': each(PLANTED.fee),
    'ONLY_HERE DECIDE': each(PLANTED.left) + each(PLANTED.transaction),
    'ONLY_WECHAT DECIDE': each(PLANTED.unknown),
    'ONLY_WECHAT SETTLED': lost,
    'STATE DECIDE': each(PLANTED.transaction),
  }
}
