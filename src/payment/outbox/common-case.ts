import { Prisma } from '../../../prisma/client/client.ts'
import type { Database } from '../../infra/database.ts'
import { queryRows } from '../../infra/statement.ts'
import type { PaymentBatch } from '../payable.ts'

/**
 * The common case of applying payments, for many at once in one statement. A payment is common when it is SUCCESS, was
 * never closed, is neither under review nor on hold, has no refund and no mismatch of any kind, and is the only attempt
 * of its order. Everything else, and whatever somebody else has locked, is left to ./apply-to-order.ts.
 *
 * The statement takes its locks in the order that all code takes them in, orders before payments, and waits for none.
 * It decides from the locked rows. What it reads beside them (refunds, mismatches, other attempts) it reads from its
 * snapshot, which is older than the locks: that counts only while the payment still has the version that the snapshot
 * shows, since whatever changes a payment or its refunds raises it. Another attempt can't be opened meanwhile, because
 * this one was never closed.
 *
 * Its plan is made once for each connection, maybe while the tables are small: so each row is looked up by itself (LATERAL,
 * scalar subqueries), which leaves the planner nothing but the index. Of a payment only the number is asked there: what
 * else it must be would fit an index of all live attempts.
 */

/** What a kind of order adds to the statement. */
export interface OrdersInSql {
  /** The order of the candidate `c` (by its `"orderSn"`), `FOR UPDATE SKIP LOCKED`: they become `locked_order`. */
  lock: Prisma.Sql
  /**
   * The rows of `common` whose order in `locked_order` takes the payment, with what `move` needs: becomes `judged`. It
   * decides by `locked_order`, and leaves out what `apply` would do more for than `move`.
   */
  judge: Prisma.Sql
  /** An UPDATE of the orders in `judged`, which finds them by their key alone. */
  move: Prisma.Sql
  /** An INSERT of the messages to whoever paid what is in `applied`, by its "orderSn", appid and openid. */
  tell: Prisma.Sql
}

const IS_COMMON = Prisma.sql`
  p.status = 'SUCCESS' AND p."paidAt" IS NOT NULL AND p."closedAt" IS NULL AND p."underReviewAt" IS NULL
  AND p."heldAt" IS NULL AND p."refundedTotal" = 0`

/**
 * Applies the common ones of these payments to their orders, and enqueues their messages, in one statement.
 *
 * @returns the numbers of those that are applied now. They need no job any more.
 */
export async function applyCommonCase(
  db: Database,
  { serviceType, paymentSns }: PaymentBatch,
  { lock, judge, move, tell }: OrdersInSql,
): Promise<string[]> {
  const applied = await queryRows<{ sn: string }>(
    db,
    Prisma.sql`
    WITH candidate AS MATERIALIZED (
      SELECT p.sn, p."orderSn", p.version FROM unnest(${paymentSns}::text[]) AS due (sn), LATERAL (
        SELECT * FROM payment p WHERE p.sn = due.sn OFFSET 0
      ) p
      WHERE p."serviceType" = ${serviceType} AND ${IS_COMMON}
        AND (SELECT 1 FROM refund r WHERE r."paymentSn" = p.sn LIMIT 1) IS NULL
        AND (SELECT 1 FROM payment_mismatch m WHERE m."paymentSn" = p.sn LIMIT 1) IS NULL
        AND (SELECT 1 FROM payment other
          WHERE other."orderSn" = p."orderSn" AND other."serviceType" = p."serviceType" AND other.sn <> p.sn LIMIT 1) IS NULL
    ),
    locked_order AS MATERIALIZED (
      SELECT o.* FROM (SELECT "orderSn" FROM candidate ORDER BY "orderSn") c, LATERAL (${lock}) o
    ),
    locked_payment AS MATERIALIZED (
      SELECT p.* FROM (SELECT c.sn FROM candidate c JOIN locked_order o ON o.sn = c."orderSn" ORDER BY c.sn) c, LATERAL (
        SELECT p.sn, p."orderSn", p.version, p.appid, p.openid FROM payment p
        WHERE p.sn = c.sn AND ${IS_COMMON} FOR UPDATE OF p SKIP LOCKED
      ) p
    ),
    common AS MATERIALIZED (
      SELECT p.* FROM locked_payment p JOIN candidate c ON c.sn = p.sn AND c.version = p.version
    ),
    judged AS MATERIALIZED (${judge}),
    moved AS (${move}),
    applied AS MATERIALIZED (
      SELECT common.* FROM judged JOIN common ON common.sn = judged.sn
    ),
    marked AS (
      -- Another worker may have applied one since it was found: it isn't written again.
      UPDATE payment p SET "appliedVersion" = applied.version, "queuedVersion" = applied.version FROM applied
      WHERE p.sn = applied.sn AND (p.version > p."appliedVersion" OR p.version > p."queuedVersion")
    ),
    enqueued AS (${tell})
    SELECT sn FROM applied ORDER BY sn`,
  )
  return applied.map(({ sn }) => sn)
}
