import { randomUUID } from 'node:crypto'
import type { Deps } from '../deps.ts'
import { describeReason } from '../infra/wait.ts'
import { type BillTicket, downloadBill, requestFundFlowBill, requestTradeBill } from '../wechat/bill-download.ts'
import type { DownloadedBill } from '../wechat/downloaded-bill.ts'
import { BillError, WechatPayError } from '../wechat/errors.ts'
import { createOverdueBillAlerts } from './alert-overdue.ts'
import {
  addDueDays,
  type Checkpoint,
  type ClaimedDay,
  claimDay,
  createCheckpoint,
  type DayEnd,
  DayTakenError,
  leaveDay,
  startOver,
} from './days.ts'
import { compareFundFlow } from './fund-flow.ts'
import { findOnlyHere, hasAnythingHere } from './only-here.ts'
import { compareTradeBill } from './trade.ts'

/**
 * The daily bill: WeChat's own list of what it collected and returned on a day, which is compared with our books, and by
 * which they are brought up to date. It is the last word: whatever notices and queries have missed is found here.
 *
 * - Each day has a row (`bill_day`), which one worker claims at a time; it says how far the day is. Every line is compared,
 *   and those that our books lack or hold otherwise go through the doors that notices use: a line that comes twice changes
 *   nothing.
 * - What differs is a row (`bill_difference`), by class, with what became of it by itself, or DECIDE.
 * - A bill is read only when all of it is what WeChat announced: its SHA-1, its count and its sums.
 */

/** While WeChat makes a bill. Source: https://pay.weixin.qq.com/doc/v3/merchant/4013071254 */
const CREATING_AGAIN_SECONDS = 1_800
const FAILED_AGAIN_SECONDS = 600
const MISSING_AGAIN_SECONDS = 3_600

/** A loop's run: compares the oldest day that is due. @returns whether there may be another. */
export function createBillLoop(deps: Deps): (stopping?: AbortSignal) => Promise<boolean> {
  const claimedBy = randomUUID()
  const alertOverdue = createOverdueBillAlerts(deps)
  return async (stopping = new AbortController().signal) => {
    await addDueDays(deps.db)
    const day = await claimDay(deps.db, claimedBy)
    if (day) await compareAndLeave(deps, day, stopping)
    await alertOverdue()
    return day !== null
  }
}

async function compareAndLeave(deps: Deps, day: ClaimedDay, stopping: AbortSignal): Promise<void> {
  const { billOn } = day
  try {
    const end = await compareDay(deps, day, stopping)
    await leaveDay(deps.db, day, end)
    if (end.status === 'DONE') await sayDone(deps, billOn)
    if (end === CREATING) deps.log.info({ billOn }, 'bill not compared, WeChat is still creating it')
  } catch (error) {
    if (stopping.aborted) return leaveDay(deps.db, day, STOPPED)
    if (error instanceof DayTakenError) return deps.log.warn({ billOn }, 'bill taken over by another worker')
    const needsOperator =
      error instanceof BillError ||
      (error instanceof WechatPayError && !error.retryable && error.policy !== 'retry-later')
    const remedy = `mend what err says, then npm run admin -- bill ${billOn} has the day compared again`
    const fields = { err: error, billOn, ...(needsOperator ? { alarm: 'bill', remedy } : {}) }
    deps.log[needsOperator ? 'error' : 'warn'](fields, 'bill not compared, trying again')
    const note = describeReason(error)
    await leaveDay(deps.db, day, { status: 'DUE', note, againInSeconds: FAILED_AGAIN_SECONDS })
  }
}

const STOPPED: DayEnd = { status: 'DUE', note: 'the worker was stopped', againInSeconds: 0 }

async function compareDay(deps: Deps, day: ClaimedDay, stopping: AbortSignal): Promise<DayEnd> {
  const { billOn } = day
  const checkpoint = createCheckpoint(deps, day, stopping)
  const trade = await requestTradeBill(deps.wechat, { billOn })
  if (trade.status === 'creating') return CREATING
  if (trade.status === 'none') return endWithoutBill(deps, billOn, checkpoint)
  await withBill(deps, trade.ticket, (bill) => compareTradeBill(deps, day, { bill, checkpoint }))
  await findOnlyHere(deps, billOn, checkpoint)
  const flow = await requestFundFlowBill(deps.wechat, { billOn })
  if (flow.status === 'creating') return CREATING
  if (flow.status === 'none') return { status: 'DONE' }
  const isWhole = await withBill(deps, flow.ticket, (bill) => compareFundFlow(deps, day, { bill, checkpoint }))
  if (isWhole) return { status: 'DONE' }
  await startOver(deps.db, day)
  return { status: 'DUE', note: 'WeChat has made another fund flow bill', againInSeconds: 0 }
}

const CREATING: DayEnd = { status: 'DUE', note: 'WeChat is creating the bill', againInSeconds: CREATING_AGAIN_SECONDS }

/** No bill is fine on a day without payments, and an alert on any other. */
async function endWithoutBill(deps: Deps, billOn: string, checkpoint: Checkpoint): Promise<DayEnd> {
  if (!(await hasAnythingHere(deps, billOn, checkpoint))) return { status: 'EMPTY' }
  const remedy = 'ask WeChat’s support for it; it is requested again every hour'
  deps.log.error({ alarm: 'bill', billOn, remedy }, 'bill missing on a day with payments')
  return { status: 'MISSING', note: 'WeChat has no bill of a day with payments', againInSeconds: MISSING_AGAIN_SECONDS }
}

async function withBill<Result>(
  { wechat }: Deps,
  ticket: BillTicket,
  work: (bill: DownloadedBill) => Promise<Result>,
): Promise<Result> {
  const bill = await downloadBill(wechat, ticket)
  try {
    return await work(bill)
  } finally {
    await bill.close()
  }
}

async function sayDone({ db, log }: Deps, billOn: string): Promise<void> {
  const found = await db.$queryRaw<{ class: string; outcome: string; count: number }[]>`
    SELECT class::text, outcome::text, count(*)::int FROM bill_difference WHERE "billOn" = ${billOn}::date
    GROUP BY class, outcome ORDER BY class, outcome`
  const differences = Object.fromEntries(found.map((each) => [`${each.class} ${each.outcome}`, each.count]))
  if (!found.some(({ outcome }) => outcome === 'DECIDE')) return log.info({ billOn, differences }, 'bill compared')
  const remedy = `npm run -s admin -- bill export ${billOn} lists what differs; docs/bill.md says by what each class ends`
  log.error({ alarm: 'bill', billOn, differences, remedy }, 'bill differs, a person must decide')
}
