import type { Payment } from '../../../prisma/client/client.ts'
import type { Tx } from '../../infra/database.ts'
import { PAYMENT_COLUMNS } from '../columns.ts'
import type { OrderKey } from '../payable.ts'

type Facts = Pick<Payment, 'closedAt' | 'paidAt' | 'underReviewAt'>

/** The attempts of an order that count while it waits for payment. */
export interface Attempts<Row extends Facts = Payment> {
  /** The one that can be paid. */
  live: Row | null
  /** Under review, or paid and not applied yet: the live one, or a closed one whose money was late. */
  withMoney: Row | null
  /** True while an operator looks at money of any of the order's attempts. */
  underReview: boolean
}

/** Finds them in one query. */
export async function findAttempts(db: Pick<Tx, '$queryRaw'>, { serviceType, orderSn }: OrderKey): Promise<Attempts> {
  return sortAttempts(
    await db.$queryRaw<Payment[]>`SELECT ${PAYMENT_COLUMNS} FROM payment_attempts_of(${serviceType}, ${orderSn}) p`,
  )
}

/** What the rows of the database's function `payment_attempts_of` mean. */
export function sortAttempts<Row extends Facts>(found: Row[]): Attempts<Row> {
  // Settled money comes before money under review.
  const paidAtMs = ({ paidAt }: Row) => paidAt?.getTime() ?? Number.POSITIVE_INFINITY
  return {
    live: found.find(({ closedAt }) => closedAt === null) ?? null,
    withMoney: found.filter(hasMoney).toSorted((a, b) => Math.sign(paidAtMs(a) - paidAtMs(b)) || 0)[0] ?? null,
    underReview: found.some(({ underReviewAt }) => underReviewAt !== null),
  }
}

/** True when the guest's money was collected, settled or under review. */
export function hasMoney({ paidAt, underReviewAt }: Pick<Payment, 'paidAt' | 'underReviewAt'>): boolean {
  return paidAt !== null || underReviewAt !== null
}

/** True while a payment of the order is under review: an operator decides what becomes of its money. */
export async function isUnderReview(db: Pick<Tx, 'payment'>, order: OrderKey): Promise<boolean> {
  return (await db.payment.count({ where: { ...order, underReviewAt: { not: null } } })) > 0
}
