import type { Payment } from '../../../prisma/client/client.ts'
import type { EventSource } from '../../../prisma/client/enums.ts'
import type { Deps } from '../../deps.ts'
import { plainCode, WechatPayError } from '../../wechat/errors.ts'
import { queryByOutTradeNo } from '../../wechat/pay.ts'
import { paymentRemedies } from '../remedies.ts'
import { isPaid } from './rows.ts'
import { settle } from './settle.ts'

/**
 * The state of an attempt at WeChat.
 * - PAID: the money is collected, and settled here.
 * - UNDER_REVIEW: the money is collected, but the report is a mismatch; an operator decides.
 * - CLOSED: the number can't be paid any more. If it was paid, an operator has dismissed that mismatch.
 * - OPEN: it can still be paid.
 * - ABSENT: WeChat doesn't know the number, which proves nothing while a prepay may be under way.
 * - UNCLEAR: a `trade_state` that we don't know; it raises an alert and decides nothing.
 */
export type RemoteState = 'PAID' | 'UNDER_REVIEW' | 'CLOSED' | 'OPEN' | 'ABSENT' | 'UNCLEAR'

/**
 * What each `trade_state` of an unpaid number means. REVOKED and ACCEPT are missing: only in-store payments have them.
 * Source: https://pay.weixin.qq.com/docs/merchant/apis/query-order/direct-jsons/query-by-out-trade-no.html
 */
const statesWithoutMoney: Readonly<Record<string, RemoteState>> = {
  NOTPAY: 'OPEN',
  USERPAYING: 'OPEN',
  PAYERROR: 'OPEN',
  CLOSED: 'CLOSED',
}

/**
 * Queries WeChat for an attempt, under the merchant that it was made with, and settles the money that WeChat reports.
 *
 * @throws {WechatPayError} when WeChat gives no verified answer; the state is unknown then.
 */
export async function queryAndSettle(
  deps: Deps,
  { attempt, source }: { attempt: Pick<Payment, 'sn' | 'mchid'>; source: EventSource },
): Promise<RemoteState> {
  try {
    const transaction = await queryByOutTradeNo(deps.wechat, { outTradeNo: attempt.sn, mchid: attempt.mchid })
    if (!isPaid(transaction)) return toRemoteState(deps, attempt, transaction.tradeState)
    const { mismatch, dismissed } = await settle(deps, { transaction, source })
    if (!mismatch) return 'PAID'
    return dismissed ? 'CLOSED' : 'UNDER_REVIEW'
  } catch (error) {
    if (isWechatCode(error, 'ORDERNOTEXIST')) return 'ABSENT'
    throw error
  }
}

function toRemoteState({ log }: Deps, { sn }: Pick<Payment, 'sn'>, tradeState: string): RemoteState {
  const known = statesWithoutMoney[tradeState]
  if (!known) {
    const remedy = paymentRemedies.tradeState
    log.error(
      { alarm: 'trade-state', outTradeNo: sn, tradeState, remedy },
      'trade_state unknown, payment left as it is',
    )
  }
  return known ?? 'UNCLEAR'
}

/** True when `error` is WeChat's error `code`. Spell `code` without underscores; WeChat spells it both ways. */
export function isWechatCode(error: unknown, code: string): boolean {
  return error instanceof WechatPayError && plainCode(error.wechatCode) === code
}
