import type { Deps } from '../deps.ts'
import { RateLimitedError } from '../errors.ts'

const MOST_WRONG = 5
const WITHIN_MINUTES = 15
const LOCKED_MINUTES = 15

/**
 * The order of this host that has, or ever had, this entry code; null when the code is wrong. Five wrong codes within 15
 * minutes lock the host's redemption for 15 minutes, right codes included.
 *
 * It is one statement that locks the host's row, however often and wherever it is called at once: of a volley of guesses
 * too, five at most are compared with the codes.
 *
 * @throws {RateLimitedError} while the host's redemption is locked.
 */
export async function findByTradeCode(
  { db, metrics }: Pick<Deps, 'db' | 'metrics'>,
  { hostUserId, tradeCode }: { hostUserId: string; tradeCode: string },
): Promise<{ sn: string } | null> {
  // PostgreSQL knows no NUL, and what no code looks like is wrong in any case.
  const code = /^[0-9A-Z]{8}$/.test(tradeCode) ? tradeCode : ''
  const [tried] = await db.$queryRaw<{ sn: string | null; isRefused: boolean; secondsLeft: number }[]>`
    WITH found AS (
      SELECT o."sn"
        FROM "homestay_order" o
        JOIN "homestay" h ON h."id" = o."homestayId"
        JOIN "homestay_business" b ON b."id" = h."businessId"
       WHERE o."tradeCode" = ${code} AND b."hostUserId" = ${hostUserId}
    )
    INSERT INTO "wrong_codes" AS host ("hostUserId", "triedAt")
    VALUES (${hostUserId}, CASE WHEN EXISTS (SELECT FROM found) THEN '{}' ELSE ARRAY[clock_timestamp()] END)
    ON CONFLICT ("hostUserId") DO UPDATE SET ("triedAt", "lockedUntil", "refusedCount") = (
      SELECT CASE WHEN is_locked THEN host."triedAt" ELSE recent END,
             CASE WHEN is_locked THEN host."lockedUntil"
                  WHEN cardinality(recent) >= ${MOST_WRONG} THEN at + make_interval(mins => ${LOCKED_MINUTES}) END,
             CASE WHEN is_locked THEN host."refusedCount" + 1 ELSE 0 END
        FROM (
          SELECT at, COALESCE(host."lockedUntil" > at, false) AS is_locked, ARRAY(
            SELECT tried FROM unnest(host."triedAt" || excluded."triedAt") AS tried
             WHERE tried > at - make_interval(mins => ${WITHIN_MINUTES})
          ) AS recent
            FROM clock_timestamp() AS at
        ) AS present
    )
    RETURNING (SELECT "sn" FROM found) AS "sn", "refusedCount" > 0 AS "isRefused",
      GREATEST(1, ceil(extract(epoch FROM "lockedUntil" - clock_timestamp())))::int AS "secondsLeft"`
  if (!tried) throw new Error(`the try of host ${hostUserId} at a code left no row`)
  if (tried.isRefused) {
    metrics.limitRefusals.inc({ limit: 'wrongCodes' })
    throw new RateLimitedError(tried.secondsLeft)
  }
  return tried.sn === null ? null : { sn: tried.sn }
}
