import type { Deps } from '../deps.ts'
import { formatShanghaiTime } from '../infra/shanghai.ts'
import { settle } from '../payment/settlement/settle.ts'
import type { TradeBillRow } from '../wechat/trade-bill.ts'
import { parseTransaction, type WechatTransaction } from '../wechat/transaction.ts'
import type { Checkpoint } from './days.ts'

/** So many share a few statements, and leave room to notices: too many at once are refused (infra/batch.ts). */
const AT_ONCE = 100

/** Settles the payments among these lines: nothing changes about those that are settled already. */
export async function settleLines(deps: Deps, rows: TradeBillRow[], checkpoint: Checkpoint): Promise<void> {
  const paid = rows.filter(({ tradeState }) => tradeState === 'SUCCESS')
  for (let from = 0; from < paid.length; from += AT_ONCE) {
    await checkpoint()
    await settleTogether(deps, paid.slice(from, from + AT_ONCE))
  }
}

async function settleTogether(deps: Deps, rows: TradeBillRow[]): Promise<void> {
  const ends = await Promise.allSettled(
    rows.map((row) => settle(deps, { transaction: toTransaction(row), source: 'BILL' })),
  )
  // All have ended, so that no other begins before the day is tried again.
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed) throw failed.reason
}

/** A payment as a query would report it. `payer_total` is the price less what coupons paid. */
function toTransaction(row: TradeBillRow): WechatTransaction {
  return parseTransaction({
    appid: row.appid,
    mchid: row.mchid,
    out_trade_no: row.outTradeNo,
    transaction_id: row.transactionId,
    trade_type: row.tradeType,
    trade_state: 'SUCCESS',
    trade_state_desc: '',
    attach: row.attach,
    success_time: formatShanghaiTime(row.tradedAt),
    payer: { openid: row.openid },
    amount: {
      total: row.orderTotalFen,
      payer_total: row.orderTotalFen - row.couponFen,
      currency: row.currency,
    },
  })
}
