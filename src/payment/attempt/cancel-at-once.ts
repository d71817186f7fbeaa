import { type Payment, Prisma } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import { queryRows } from '../../infra/statement.ts'
import { assertTransition } from '../../infra/transitions.ts'
import { publishChange } from '../change-payment.ts'
import { eventFacts, IS_UNHEARD } from '../event.ts'
import { type OrderKey, payableOf } from '../payable.ts'
import { paymentTransitions } from '../state.ts'

/** How long after its close a payment is first rechecked. */
export const FIRST_RECHECK_SECONDS = 60

interface Cancelled {
  /** The attempt's new version; null when there was none. */
  version: number | null
}

/**
 * Cancels an order and closes its one attempt in one statement: the common case of ./close.ts, which does everything that
 * this leaves alone. It takes its locks in the same order, the order's first, and decides by the locked rows; the order's
 * other attempts are read after the lock, by a function that sees what is committed by then.
 *
 * @param attempt the live attempt, which is closed at WeChat; null when the order has none.
 * @returns false, and changes nothing, unless the order waits for payment, this is its only attempt that counts, and is
 *   still as it was read. Also where its kind gives no `cancelQuery`.
 */
export async function cancelAtOnce(
  deps: Deps,
  { serviceType, orderSn }: OrderKey,
  attempt: Pick<Payment, 'sn' | 'prepayId'> | null,
): Promise<boolean> {
  const payable = payableOf(deps, serviceType)
  if (!payable.cancelQuery) return false
  assertTransition(paymentTransitions, 'payments', 'PENDING', 'CLOSED')
  const sn = attempt?.sn ?? null
  const prepayId = attempt?.prepayId ?? null
  const [cancelled] = await queryRows<Cancelled>(
    deps.db,
    Prisma.sql`
    WITH o AS MATERIALIZED (${payable.lockQuery(orderSn)}),
    waiting AS MATERIALIZED (
      SELECT o."orderSn" FROM o WHERE o."waitsForPayment" AND NOT EXISTS (
        SELECT 1 FROM payment_attempts_of(${serviceType}, o."orderSn") other
        WHERE other.sn IS DISTINCT FROM ${sn}::text)
    ),
    attempt AS MATERIALIZED (
      SELECT p.sn, clock_timestamp() AS at FROM waiting, LATERAL (
        SELECT sn FROM payment
        WHERE sn = ${sn} AND "orderSn" = waiting."orderSn" AND status = 'PENDING' AND "underReviewAt" IS NULL
          AND "prepayId" IS NOT DISTINCT FROM ${prepayId}::text FOR UPDATE
      ) p
    ),
    closed AS (
      -- Nobody has paid it, so there is nothing to apply.
      UPDATE payment p SET status = 'CLOSED', "closedAt" = attempt.at, "tradeState" = 'CLOSED', "tradeStateDesc" = NULL,
        "nextRecheckAt" = attempt.at + make_interval(secs => ${FIRST_RECHECK_SECONDS}),
        version = p.version + 1, "queuedVersion" = p.version + 1, "appliedVersion" = p.version + 1,
        "publishedVersion" = CASE WHEN ${IS_UNHEARD} THEN p.version + 1 ELSE p."publishedVersion" END
      FROM attempt WHERE p.sn = ${sn} RETURNING p.sn, p.version, ${eventFacts('p')}
    ),
    event AS (
      INSERT INTO payment_event ("paymentSn", version, "fromStatus", "toStatus", source, detail, type, ${eventFacts()})
      SELECT sn, version, 'PENDING'::"PayStatus", 'CLOSED'::"PayStatus", 'CLOSE'::"EventSource",
        jsonb_build_object('prepayId', ${prepayId}::text), 'payment.closed', ${eventFacts()} FROM closed
    ),
    ended AS MATERIALIZED (
      SELECT waiting."orderSn", (SELECT version FROM closed) AS version FROM waiting
      WHERE ${sn}::text IS NULL OR EXISTS (SELECT 1 FROM closed)
    ),
    cancelled AS (${payable.cancelQuery})
    SELECT version FROM ended`,
  )
  if (!cancelled) return false
  if (sn !== null && cancelled.version !== null) tellClosed(deps, { sn, version: cancelled.version })
  return true
}

function tellClosed({ pubsub, metrics }: Deps, closed: Pick<Payment, 'sn' | 'version'>): void {
  publishChange(pubsub, closed)
  metrics.paymentTransitions.inc({ from: 'PENDING', to: 'CLOSED', source: 'CLOSE' })
}
