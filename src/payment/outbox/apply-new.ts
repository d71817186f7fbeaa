import { Prisma } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import { queryRows } from '../../infra/statement.ts'
import { applyTogether, PAYMENTS_AT_ONCE } from './apply-payments.ts'
import { IS_STALLED, relayPayments } from './relay.ts'

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
 */
export async function applyNew(deps: Deps): Promise<Run> {
  const due = await queryRows<{ sn: string; isNew: boolean }>(
    deps.db,
    Prisma.sql`
    (SELECT sn, true AS "isNew" FROM payment WHERE version > "queuedVersion" ORDER BY sn LIMIT ${PAYMENTS_AT_ONCE})
    UNION ALL (SELECT sn, false FROM payment p WHERE ${IS_STALLED} LIMIT 1)`,
  )
  const found = due.filter(({ isNew }) => isNew).map(({ sn }) => sn)
  const applied = found.length === 0 ? new Set<string>() : await applyTogether(deps, found)
  const left = found.filter((sn) => !applied.has(sn))
  const isStalled = due.length > found.length
  const isMoreStalled = (isStalled || left.length > 0) && (await relayPayments(deps, left))
  return { applied: applied.size, isMore: isMoreStalled || found.length >= PAYMENTS_AT_ONCE }
}
