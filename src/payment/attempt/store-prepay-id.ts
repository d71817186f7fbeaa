import { type Payment, Prisma } from '../../../prisma/client/client.ts'
import { createBatch, resultsOf } from '../../infra/batch.ts'
import { asJson, type Database, isFaultOfData } from '../../infra/database.ts'
import { oncePer } from '../../infra/once-per.ts'
import { queryRows } from '../../infra/statement.ts'
import { UNFLUSHED } from '../../infra/unflushed.ts'

interface PrepayId extends Pick<Payment, 'sn'> {
  prepayId: string
  prepayIdAt: Date
  /** The one that the attempt had before. */
  before: string | null
}

/**
 * Stores a `prepay_id`, together with others that come in the same moment.
 *
 * A server that crashes may forget it: the next tap requests it again.
 *
 * @returns false, and stores nothing, when the attempt was closed or paid meanwhile, is under review, or has another one.
 */
export function storePrepayId(db: Database, prepayId: PrepayId): Promise<boolean> {
  return batchOf(db)(prepayId)
}

const batchOf = oncePer((db: Database) =>
  createBatch<PrepayId, boolean>({
    keysOf: ({ sn }) => [sn],
    together: async (inputs) => {
      const stored = await updatePayments(db, inputs, SKIP_LOCKED)
      return resultsOf(inputs, ({ sn }) => stored.get(sn))
    },
    alone: async (input) => (await updatePayments(db, [input], Prisma.empty)).get(input.sn) ?? false,
    isFaultOfData,
  }),
)

const SKIP_LOCKED = Prisma.sql`SKIP LOCKED`

/**
 * Decides by the locked rows; the UPDATE finds its rows by their key alone, and by the equality of texts, which the planner
 * takes for rare: else it would read a small table whole (as in ../settlement/settle.ts).
 */
async function updatePayments(db: Database, inputs: PrepayId[], skip: Prisma.Sql): Promise<Map<string, boolean>> {
  const decided = await queryRows<{ sn: string; isStored: boolean }>(
    db,
    Prisma.sql`
    WITH input AS (
      SELECT * FROM json_to_recordset(${asJson(inputs)}::json)
        AS i(sn text, "prepayId" text, "prepayIdAt" timestamptz, before text)
    ),
    locked AS MATERIALIZED (
      SELECT l.sn, i."prepayId", i."prepayIdAt", l.status = 'PENDING' AND l."underReviewAt" IS NULL
        AND l."prepayId" IS NOT DISTINCT FROM i.before AS fits
      FROM (SELECT * FROM input ORDER BY sn) i, LATERAL (
        SELECT sn, status, "underReviewAt", "prepayId" FROM payment WHERE sn = i.sn FOR UPDATE ${skip}
      ) l
    ),
    stored AS (
      UPDATE payment p SET "prepayId" = l."prepayId", "prepayIdAt" = l."prepayIdAt"
      FROM locked l WHERE p.sn = l.sn AND 'stores' = CASE WHEN l.fits THEN 'stores' END RETURNING p.sn
    )
    SELECT l.sn, stored.sn IS NOT NULL AS "isStored" FROM locked l LEFT JOIN stored ON stored.sn = l.sn
      CROSS JOIN ${UNFLUSHED}`,
  )
  return new Map(decided.map(({ sn, isStored }) => [sn, isStored]))
}
