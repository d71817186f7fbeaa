import { NotFoundError } from '../errors.ts'
import type { Database } from '../infra/database.ts'
import { sentence, yuan } from './entry.ts'
import { findSubject, type Subject } from './subject.ts'

/** Something that a timeline can be read of. */
export interface Match {
  kind: 'order' | 'payment' | 'refund' | 'mismatch'
  /** Leads to its timeline. */
  number: string
  /** In one line, without people. */
  title: string
  at: Date
}

/** Of the orders of one phone, the newest. */
const MOST_ORDERS = 50

const LAST_FOUR = /^\d{4}$/

/**
 * What an operator may mean: whatever has this number, with all that hangs on the same order; or the orders of the guests whose
 * phone ends in these four digits, newest first. Nothing where there is neither.
 */
export async function findMatches(db: Database, text: string): Promise<Match[]> {
  const wanted = text.trim()
  if (LAST_FOUR.test(wanted)) return findOrdersByPhone(db, wanted)
  try {
    return matchesOf(await findSubject(db, wanted))
  } catch (error) {
    if (error instanceof NotFoundError) return []
    throw error
  }
}

async function findOrdersByPhone(db: Database, lastFour: string): Promise<Match[]> {
  const orders = await db.$queryRaw<{ sn: string; title: string; tradeState: string; total: number; at: Date }[]>`
    SELECT o.sn, o.title, o."tradeState"::text, o."orderTotalPrice" AS total, o."createdAt" AS at
    FROM "user" u, LATERAL (
      SELECT sn, title, "tradeState", "orderTotalPrice", "createdAt" FROM homestay_order o
      WHERE o."userId" = u.id ORDER BY "createdAt" DESC, sn DESC LIMIT ${MOST_ORDERS}) o
    WHERE u."phoneNumber" IS NOT NULL AND right(u."phoneNumber", 4) = ${lastFour}
    ORDER BY o."createdAt" DESC, o.sn DESC LIMIT ${MOST_ORDERS}`
  return orders.map(({ sn, title, tradeState, total, at }) => ({
    kind: 'order',
    number: sn,
    title: sentence(title, tradeState, yuan(total)),
    at,
  }))
}

function matchesOf({ orders, payments, refunds, mismatches }: Subject): Match[] {
  return [
    ...orders.map(({ sn, title, tradeState, orderTotalPrice, createdAt }) => ({
      kind: 'order' as const,
      number: sn,
      title: sentence(title, tradeState, yuan(orderTotalPrice)),
      at: createdAt,
    })),
    ...payments.map(({ sn, status, payTotal, transactionId, createdAt }) => ({
      kind: 'payment' as const,
      number: sn,
      title: sentence(status, yuan(payTotal), transactionId && `transaction ${transactionId}`),
      at: createdAt,
    })),
    ...refunds.map(({ outRefundNo, status, cause, refundTotal, createdAt }) => ({
      kind: 'refund' as const,
      number: outRefundNo,
      title: sentence(status, cause, yuan(refundTotal)),
      at: createdAt,
    })),
    ...mismatches.map(({ id, subject, kind, resolution, createdAt }) => ({
      kind: 'mismatch' as const,
      number: id,
      title: sentence(subject, kind, resolution ?? 'open'),
      at: createdAt,
    })),
  ]
}
