import type { Deps } from '../deps.ts'
import { asText } from '../infra/database.ts'
import { inParallel } from '../infra/in-parallel.ts'
import { recordRefund } from '../payment/refund/record.ts'
import { isWechatCode } from '../payment/settlement/query.ts'
import { WechatInputError } from '../wechat/errors.ts'
import { queryRefund } from '../wechat/refund.ts'
import type { TradeBillRow } from '../wechat/trade-bill.ts'
import type { Checkpoint } from './days.ts'

/** Each waits for WeChat most of its time, and then holds a connection, of which other work needs some too. */
const AT_ONCE = 4

/**
 * Records the refunds among these lines: a manual one whose notice was lost is adopted. Each is queried first, since a bill
 * doesn't say of which price it is a part.
 *
 * @throws {WechatPayError} when WeChat gives no answer about one; no other is begun then.
 */
export async function recordRefunds(deps: Deps, rows: TradeBillRow[], checkpoint: Checkpoint): Promise<void> {
  const numbers = rows.filter(({ tradeState }) => tradeState === 'REFUND').map((row) => asText(row.outRefundNo))
  const failures: unknown[] = []
  await inParallel(numbers, AT_ONCE, async (outRefundNo) => {
    if (failures.length > 0) return
    try {
      await checkpoint()
      await queryAndRecord(deps, outRefundNo)
    } catch (error) {
      failures.push(error)
    }
  })
  if (failures.length > 0) throw failures[0]
}

/** A refund that WeChat doesn't know, although its bill lists it, is left for a person. */
async function queryAndRecord(deps: Deps, outRefundNo: string): Promise<void> {
  try {
    await recordRefund(deps, { report: await queryRefund(deps.wechat, { outRefundNo }), source: 'BILL' })
  } catch (error) {
    if (error instanceof WechatInputError || isWechatCode(error, 'RESOURCENOTEXISTS')) return
    throw error
  }
}
