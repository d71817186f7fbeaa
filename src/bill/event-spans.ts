import { Prisma } from '../../prisma/client/client.ts'
import type { Database } from '../infra/database.ts'
import { queryRows } from '../infra/statement.ts'

/** From an instant up to another, which isn't in it. */
export interface Span {
  from: Date
  to: Date
}

/** Events that a statement reads at most: it must end within its time, on a day of a million. */
const MOST_EVENTS = 20_000

/** Parts of a span, oldest first, with about as many events at most as a statement may read: halved until they are so few. */
export async function* eventSpans(db: Database, span: Span, mostEvents = MOST_EVENTS): AsyncGenerator<Span> {
  const [from, to] = [span.from.getTime(), span.to.getTime()]
  if (from >= to) return
  if (to - from <= 1 || (await hasAtMost(db, span, mostEvents))) {
    yield span
    return
  }
  const middle = new Date(Math.floor((from + to) / 2))
  yield* eventSpans(db, { from: span.from, to: middle }, mostEvents)
  yield* eventSpans(db, { from: middle, to: span.to }, mostEvents)
}

/** Of the events that are chosen by a CTE the planner expects all to be read: for a few it might read the table from its start. */
async function hasAtMost(db: Database, { from, to }: Span, most: number): Promise<boolean> {
  const statement = Prisma.sql`
    WITH event AS MATERIALIZED (SELECT 1 FROM payment_event WHERE at >= ${from}::timestamptz AND at < ${to}::timestamptz)
    SELECT 1 FROM event OFFSET ${most}::int LIMIT 1`
  return (await queryRows(db, statement)).length === 0
}
