import { type Payment, Prisma } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import { queryRows } from '../../infra/statement.ts'
import { tracing } from '../../infra/tracing.ts'
import { measureApplyLag } from './apply-lag.ts'
import { applyTogether, PAYMENTS_AT_ONCE } from './apply-payments.ts'
import { IS_STALLED, relayPayments, STALLED_AT_ONCE } from './relay.ts'

/** The span of a payment in a run; inside of it is that of its application, unless a job is enqueued for that. */
const RELAY = { name: 'relay' }

interface Run {
  /** How many payments were applied. */
  applied: number
  /** True when there may be more to do at once. */
  isMore: boolean
}

/**
 * One run of the relay loop. Payments that are NEW are applied at once, the common ones of them together; a job, with its
 * retries, is for those that need one: what isn't common, has failed, is locked by somebody else, or is STALLED
 * (./relay.ts). Safe to run in any number of processes, and after any interruption: what is applied isn't NEW any more.
 *
 * Payments that somebody has locked stay NEW. Where they fill a page, the run goes on behind them.
 */
export async function applyNew(deps: Deps): Promise<Run> {
  let after = ''
  for (;;) {
    const { found, hasStalled } = await findDue(deps, after)
    const sns = found.map(({ sn }) => sn)
    const relayed = found.length === 0 ? undefined : tracing?.startEach(RELAY, found)
    const applied = found.length === 0 ? new Set<string>() : await applyTogether(deps, sns, relayed)
    for (const each of found) if (applied.has(each.sn)) measureApplyLag(deps.metrics, each)
    const left = sns.filter((sn) => !applied.has(sn))
    const queued = hasStalled || left.length > 0 ? await relayPayments(deps, left) : 0
    relayed?.end()
    const isFull = found.length >= PAYMENTS_AT_ONCE
    const isProgress = applied.size + queued > 0
    const last = sns.at(-1)
    if (isProgress || !isFull || last === undefined)
      return { applied: applied.size, isMore: queued >= STALLED_AT_ONCE || (isFull && isProgress) }
    after = last
  }
}

type Due = Pick<Payment, 'sn' | 'version' | 'paidAt' | 'traceParent'>

/**
 * A page of the NEW payments behind this number, and whether any is STALLED. In the order of their numbers, which the index
 * gives: by the day on which the attempt was opened, and at random within a day. That isn't by age of the change: in a backlog
 * the oldest don't go first.
 */
async function findDue({ db }: Deps, after: string): Promise<{ found: Due[]; hasStalled: boolean }> {
  const due = await queryRows<Due & { isNew: boolean }>(
    db,
    Prisma.sql`
    (SELECT sn, version, "paidAt", "traceParent", true AS "isNew" FROM payment WHERE version > "queuedVersion" AND sn > ${after}
      ORDER BY sn LIMIT ${PAYMENTS_AT_ONCE})
    UNION ALL (SELECT sn, version, "paidAt", "traceParent", false FROM payment p WHERE ${IS_STALLED} LIMIT 1)`,
  )
  const found = due.filter(({ isNew }) => isNew)
  return { found, hasStalled: due.length > found.length }
}
