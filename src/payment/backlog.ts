import { Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { queryRows } from '../infra/statement.ts'
import { LIVE_REFUNDS } from './state.ts'

/** Of more than this, nobody needs the number. */
const COUNTED_AT_MOST = 1_000

/** In a backlog, numbers are in no order of time: among so many there is one that is about as old as the oldest. */
const AGED_AT_MOST = 200

interface Waiting {
  what: string
  count: number
  /** Of the oldest; 0 without any. */
  seconds: number
}

/**
 * Measures what waits to be done about payments: by small indexes of what is due, and no more of them than it takes. All open
 * refunds are read, for one that is ABNORMAL counts among any number that are under way.
 */
export async function measurePayments({ db, metrics }: Pick<Deps, 'db' | 'metrics'>): Promise<void> {
  const waiting = await queryRows<Waiting>(
    db,
    Prisma.sql`
    ${waitingFor('apply', '"appliedVersion"', 'version')}
    UNION ALL ${waitingFor('publish', '"publishedVersion"', 'version')}
    UNION ALL ${waitingFor('stream', '"streamedVersion"', '"publishedVersion"')}
    UNION ALL
    SELECT status::text, count(*)::int, max(extract(epoch FROM now() - "createdAt"))::float8
    FROM refund WHERE "nextAdvanceAt" IS NOT NULL GROUP BY status`,
  )
  const of = (wanted: string): Waiting =>
    waiting.find(({ what }) => what === wanted) ?? { what: '', count: 0, seconds: 0 }
  metrics.unappliedPayments.set(of('apply').count)
  metrics.oldestUnappliedSeconds.set(of('apply').seconds)
  for (const step of ['publish', 'stream']) {
    metrics.eventsWaiting.set({ step }, of(step).count)
    metrics.oldestEventSeconds.set({ step }, of(step).seconds)
  }
  for (const status of LIVE_REFUNDS) {
    metrics.openRefunds.set({ status }, of(status).count)
    metrics.oldestRefundSeconds.set({ status }, of(status).seconds)
  }
}

/** SQL: how many payments have one version behind another, and how long the first change that is missing there waits. */
function waitingFor(what: string, behindColumn: string, aheadColumn: string): Prisma.Sql {
  const [behind, ahead] = [Prisma.raw(behindColumn), Prisma.raw(aheadColumn)]
  return Prisma.sql`
    SELECT ${what}::text AS what,
      (SELECT count(*) FROM (SELECT 1 FROM payment WHERE ${ahead} > ${behind} LIMIT ${COUNTED_AT_MOST}) counted)::int AS count,
      COALESCE((SELECT max(extract(epoch FROM clock_timestamp() - since)) FROM (
        SELECT (SELECT min(at) FROM payment_event e WHERE e."paymentSn" = p.sn AND e.version > p.${behind}) AS since
        FROM payment p WHERE ${ahead} > ${behind} LIMIT ${AGED_AT_MOST}) aged), 0)::float8 AS seconds`
}
