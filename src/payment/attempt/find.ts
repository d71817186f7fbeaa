import type { Payment } from '../../../prisma/client/client.ts'
import type { Tx } from '../../infra/database.ts'
import { isApplyDue } from '../outbox/apply-to-order.ts'
import type { OrderKey } from '../payable.ts'

/** The attempts of an order that count while it waits for payment. */
export interface Attempts {
  /** The one that can be paid. */
  live: Payment | null
  /** Under review, or paid and not applied yet: the live one, or a closed one whose money was late. */
  withMoney: Payment | null
  /** True while an operator looks at money of any of the order's attempts. */
  underReview: boolean
}

/** Finds them in one query. */
export async function findAttempts(db: Pick<Tx, 'payment'>, order: OrderKey): Promise<Attempts> {
  const found = await db.payment.findMany({
    where: { ...order, OR: [{ closedAt: null }, { underReviewAt: { not: null } }, isApplyDue(db)] },
    // Settled money comes before money under review.
    orderBy: { paidAt: { sort: 'asc', nulls: 'last' } },
  })
  return {
    live: found.find(({ closedAt }) => closedAt === null) ?? null,
    withMoney: found.find(hasMoney) ?? null,
    underReview: found.some(({ underReviewAt }) => underReviewAt !== null),
  }
}

/** True when the guest's money was collected, settled or under review. */
export function hasMoney({ paidAt, underReviewAt }: Payment): boolean {
  return paidAt !== null || underReviewAt !== null
}

/** True while a payment of the order is under review: an operator decides what becomes of its money. */
export async function isUnderReview(db: Pick<Tx, 'payment'>, order: OrderKey): Promise<boolean> {
  return (await db.payment.count({ where: { ...order, underReviewAt: { not: null } } })) > 0
}

/** Those of the orders for which money was collected, though they may not show it yet. */
export async function findWithMoney(
  db: Pick<Tx, 'payment'>,
  { serviceType, orderSns }: { serviceType: string; orderSns: string[] },
): Promise<Set<string>> {
  const collected = { OR: [{ paidAt: { not: null } }, { underReviewAt: { not: null } }] }
  const found = await db.payment.findMany({
    where: { serviceType, orderSn: { in: orderSns }, ...collected },
    select: { orderSn: true },
  })
  return new Set(found.map(({ orderSn }) => orderSn))
}
