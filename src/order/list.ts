import type { HomestayOrder } from '../../prisma/client/client.ts'
import type { OrderTradeState } from '../../prisma/client/enums.ts'
import type { Tx } from '../infra/database.ts'
import { NOT_APPLIED_AFTER_SECONDS } from '../payment/outbox/apply-lag.ts'
import { NOT_CLOSED_AFTER_SECONDS } from './cancel.ts'
import { DUE_SINCE, NOT_SHIPPED_AFTER_SECONDS } from './shipping.ts'

/** Of a state that is rare, no more than so many orders are looked through. */
const LOOKED_THROUGH = 10_000

/** An order as an operator sees it: without its entry code, and without people. */
export type ShownOrder = Pick<
  HomestayOrder,
  'sn' | 'tradeState' | 'title' | 'orderTotalPrice' | 'payBefore' | 'paidBySn' | 'createdAt'
>

/** The newest orders; of a state, those among the newest 10,000. */
export function listOrders(
  db: Pick<Tx, '$queryRaw'>,
  { state = null, limit }: { state?: OrderTradeState | null; limit: number },
): Promise<ShownOrder[]> {
  return db.$queryRaw`
    SELECT o.* FROM (
      SELECT sn, "tradeState"::text, title, "orderTotalPrice", "payBefore", "paidBySn", "createdAt"
      FROM homestay_order ORDER BY sn DESC LIMIT ${LOOKED_THROUGH}) o
    WHERE ${state}::text IS NULL OR o."tradeState" = ${state} ORDER BY o.sn DESC LIMIT ${limit}`
}

/** What keeps an order from going on by itself. */
export interface StuckOrder {
  sn: string
  /** What must happen: a command of `orders` has that name. */
  needs: 'close' | 'apply' | 'ship'
  since: Date
  paymentSn: string | null
}

/**
 * The orders that don't go on by themselves: not closed an hour after their deadline, paid and not applied for 10 minutes, or
 * redeemed or expired and not reported to WeChat for a day. Oldest first.
 *
 * @param input.uploadsShipping whether the merchant has the duty to report redeemed and expired orders.
 */
export function listStuckOrders(
  db: Pick<Tx, '$queryRaw'>,
  { limit, uploadsShipping }: { limit: number; uploadsShipping: boolean },
): Promise<StuckOrder[]> {
  return db.$queryRaw`
    SELECT * FROM (
      (SELECT sn, 'close' AS needs, "payBefore"::timestamptz AS since, NULL AS "paymentSn" FROM homestay_order
        WHERE "tradeState" = 'WAIT_PAY' AND COALESCE("nextCloseAt", "payBefore") <= now() + interval '2 min'
          AND "payBefore" < now() - make_interval(secs => ${NOT_CLOSED_AFTER_SECONDS})
        ORDER BY COALESCE("nextCloseAt", "payBefore") LIMIT ${limit})
      UNION ALL
      (SELECT p."orderSn", 'apply', e.at, p.sn FROM payment p, LATERAL (
          SELECT min(at) AS at FROM payment_event e WHERE e."paymentSn" = p.sn AND e.version > p."appliedVersion") e
        WHERE p.version > p."appliedVersion" AND e.at < now() - make_interval(secs => ${NOT_APPLIED_AFTER_SECONDS})
        ORDER BY e.at LIMIT ${limit})
      UNION ALL
      (SELECT sn, 'ship', ${DUE_SINCE}, "paidBySn" FROM homestay_order
        WHERE "tradeState" IN ('USED', 'EXPIRED') AND "shippedAt" IS NULL AND ${uploadsShipping}
          AND ${DUE_SINCE} < now() - make_interval(secs => ${NOT_SHIPPED_AFTER_SECONDS})
        ORDER BY ${DUE_SINCE} LIMIT ${limit})) stuck
    ORDER BY since, sn LIMIT ${limit}`
}
