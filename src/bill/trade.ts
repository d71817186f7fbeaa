import type { Deps } from '../deps.ts'
import { checkBill, readRows } from '../wechat/bill-file.ts'
import type { DownloadedBill } from '../wechat/downloaded-bill.ts'
import { createTradeBillReader, type TradeBillRow } from '../wechat/trade-bill.ts'
import { beginDay, type Checkpoint, type ClaimedDay, keepDay } from './days.ts'
import { compareLines, resolveUnlisted } from './differences.ts'
import { recordRefunds } from './record-refunds.ts'
import { linesOf, numberOf, storeLines } from './rows.ts'
import { inSets } from './sets.ts'
import { settleLines } from './settle-lines.ts'

/** Lines that are compared together. */
const SET_SIZE = 500

/**
 * Compares a trade bill with our books, set by set, after all of it was read once: a bill that was cut off or doesn't add up
 * changes nothing. How far it is stands in the day's row, so another run of the same bill goes on there.
 *
 * One statement finds those lines of a set that our books lack or hold otherwise. Those alone, few on any day, go through
 * the doors that notices use.
 *
 * @throws {BillError} before anything is changed, when the bill can't be read.
 */
export async function compareTradeBill(
  deps: Deps,
  day: ClaimedDay,
  { bill, checkpoint }: { bill: DownloadedBill; checkpoint: Checkpoint },
): Promise<void> {
  await checkBill(createTradeBillReader(), bill.lines(), checkpoint)
  const done = day.tradeSha1 === bill.sha1 ? day.rowsDone : 0
  if (done === 0) await beginDay(deps.db, day, bill.sha1)
  let rowsDone = done
  const rows = readRows(createTradeBillReader(), bill.lines())
  for await (const set of inSets(rows, { skip: done, size: SET_SIZE })) {
    await checkpoint()
    await compareSet(deps, day.billOn, set, checkpoint)
    rowsDone += set.length
    await keepDay(deps.db, day, rowsDone)
  }
  await resolveUnlisted(deps.db, day.billOn)
}

/** Payments before refunds: a refund that comes with its payment finds it settled. */
async function compareSet(deps: Deps, billOn: string, set: TradeBillRow[], checkpoint: Checkpoint): Promise<void> {
  const lines = linesOf(set)
  const news = new Set(await storeLines(deps.db, billOn, lines))
  const isNews = (row: TradeBillRow) => news.has(numberOf(row))
  if (news.size > 0) {
    await settleLines(deps, set.filter(isNews), checkpoint)
    await recordRefunds(deps, set.filter(isNews), checkpoint)
  }
  await compareLines(deps.db, billOn, lines)
}
