import { randomInt } from 'node:crypto'
import type { Payment } from '../../prisma/client/client.ts'
import { parseTransaction, type WechatTransaction } from '../../src/wechat/transaction.ts'

/** A transaction id as WeChat makes them: 28 digits. */
export function newTransactionId(): string {
  return `42000${Array.from({ length: 23 }, () => randomInt(10)).join('')}`
}

/** A report, as JSON, that an attempt was paid: it matches what the attempt stored, except for `change`. */
export function paidContent(payment: Payment, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    appid: payment.appid,
    mchid: payment.mchid,
    out_trade_no: payment.sn,
    transaction_id: newTransactionId(),
    trade_type: 'JSAPI',
    trade_state: 'SUCCESS',
    trade_state_desc: '支付成功',
    bank_type: 'OTHERS',
    attach: '',
    success_time: new Date().toISOString(),
    payer: { openid: payment.openid },
    amount: amountOf(payment.payTotal),
    ...change,
  }
}

/** The same report, parsed as `settle` takes it. */
export function paidReport(payment: Payment, change: Record<string, unknown> = {}): WechatTransaction {
  return parseTransaction(paidContent(payment, change))
}

/** The `amount` of a report. @param payerFen less than `totalFen` when a coupon paid a part. */
export function amountOf(totalFen: number, payerFen = totalFen): Record<string, unknown> {
  return { total: totalFen, payer_total: payerFen, currency: 'CNY', payer_currency: 'CNY' }
}
