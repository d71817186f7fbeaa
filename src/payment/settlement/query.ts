import type { Payment } from '../../prisma/client/client.ts'
import type { EventSource } from '../../prisma/client/enums.ts'
import type { Deps } from '../deps.ts'
import { WechatPayError } from '../wechat/errors.ts'
import { queryByOutTradeNo } from '../wechat/pay.ts'
import { isPaid, settle } from './settle.ts'

/**
 * What WeChat knows about an attempt.
 * - PAID: the money is there, and settled.
 * - DISPUTED: the money is there and doesn't fit.
 * - CLOSED: the number is dead; the money that it may have taken was dealt with by an operator.
 * - OPEN: it can still be paid.
 * - ABSENT: WeChat doesn't know the number, which proves nothing while a prepay may be under way.
 * - UNCLEAR: WeChat calls its state by a name that we don't know; it rings, and decides nothing.
 */
export type Learnt = 'PAID' | 'DISPUTED' | 'CLOSED' | 'OPEN' | 'ABSENT' | 'UNCLEAR'

/**
 * The `trade_state`s without money. REVOKED and ACCEPT are of payments at a till alone.
 * Source: https://pay.weixin.qq.com/docs/merchant/apis/query-order/direct-jsons/query-by-out-trade-no.html
 */
const states: Readonly<Record<string, Learnt>> = {
  NOTPAY: 'OPEN',
  USERPAYING: 'OPEN',
  PAYERROR: 'OPEN',
  CLOSED: 'CLOSED',
}

/**
 * Asks WeChat about an attempt, with the merchant it was made with, and settles what it hears.
 *
 * @throws {WechatPayError} when WeChat gives no verified answer; then nothing is known.
 */
export async function learn(deps: Deps, attempt: Pick<Payment, 'sn' | 'mchid'>, source: EventSource): Promise<Learnt> {
  try {
    const transaction = await queryByOutTradeNo(deps.wechat, { outTradeNo: attempt.sn, mchid: attempt.mchid })
    if (!isPaid(transaction)) return unpaid(deps, attempt, transaction.tradeState)
    const { misfit, dismissed } = await settle(deps, { transaction, source })
    return !misfit ? 'PAID' : dismissed ? 'CLOSED' : 'DISPUTED'
  } catch (error) {
    if (isWechatCode(error, 'ORDERNOTEXIST')) return 'ABSENT'
    throw error
  }
}

function unpaid({ log }: Deps, { sn }: Pick<Payment, 'sn'>, tradeState: string): Learnt {
  const learnt = states[tradeState]
  if (!learnt) log.error({ alarm: 'trade-state', outTradeNo: sn, tradeState }, 'WeChat names a state that nobody knows')
  return learnt ?? 'UNCLEAR'
}

/** True for WeChat's error `code`, spelt without underscores: WeChat spells it both ways. */
export function isWechatCode(error: unknown, code: string): boolean {
  return error instanceof WechatPayError && error.wechatCode?.replaceAll('_', '') === code
}
