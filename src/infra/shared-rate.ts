import { Prisma } from '../../prisma/client/client.ts'

/** A rate that all processes of a database share. */
export interface SharedRate {
  /** Of its row in `shared_rate`. */
  name: string
  /** How many may begin in a second. */
  perSecond: number
}

/** What may begin at once after a rest, as a part of a second's worth: no second ever sees more than a quarter too many. */
const BURST_SECONDS = 0.25

/**
 * SQL: a CTE `granted`, whose one row says in `count` how many of the rows of the CTE `due` may begin now. It counts them
 * in the same statement, which then must begin that many: so nothing is counted that wasn't due, several processes never
 * begin more than the rate together, and what a process that dies had been granted is forgotten within a second. Without
 * rows in `due` it writes nothing, and has no row.
 *
 * The row holds how much of the burst is spent (a leaky bucket): it drains by `perSecond`, by the database's clock.
 */
export function grant({ name, perSecond }: SharedRate): Prisma.Sql {
  const burst = Math.ceil(perSecond * BURST_SECONDS)
  return Prisma.sql`
    granted AS (
      INSERT INTO shared_rate AS r (name, spent, granted, at)
      SELECT ${name}, wanted, wanted, clock_timestamp()
      FROM (SELECT LEAST(count(*), ${burst}::int)::int AS wanted FROM due) d WHERE wanted > 0
      ON CONFLICT (name) DO UPDATE SET (spent, granted, at) = (
        SELECT undrained + allowed, allowed, clock_timestamp()
        FROM (SELECT extract(epoch FROM clock_timestamp() - r.at)::float8 AS seconds) s,
          LATERAL (SELECT GREATEST(0, r.spent - ${perSecond}::float8 * GREATEST(0, seconds)) AS undrained) u,
          LATERAL (SELECT LEAST(EXCLUDED.granted, GREATEST(0, floor(${burst}::float8 - undrained)))::int AS allowed) a)
      RETURNING granted AS count
    )`
}
