import type { Payment, Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import type { Transaction } from '../infra/database.ts'
import { followPayment } from './follow.ts'

/** What is paid for. */
export interface OrderKey {
  serviceType: string
  orderSn: string
}

/** The attempts of an order that still count while it waits for payment. */
export interface Attempts {
  /** The one that can be paid. */
  live: Payment | null
  /** Disputed, or paid and not followed yet: the live one, or one whose money came after its close. */
  withMoney: Payment | null
}

/** Finds the attempts that count, in one query. */
export async function findAttempts(db: Pick<Transaction, 'payment'>, order: OrderKey): Promise<Attempts> {
  const found = await db.payment.findMany({
    where: { ...order, OR: [{ closedAt: null }, { disputedAt: { not: null } }, isUnfollowed(db)] },
    // What fits comes before what is disputed.
    orderBy: { paidAt: { sort: 'asc', nulls: 'last' } },
  })
  return { live: found.find(({ closedAt }) => closedAt === null) ?? null, withMoney: found.find(hasMoney) ?? null }
}

/** The guest's money is there, whether or not it fits. */
export function hasMoney({ paidAt, disputedAt }: Payment): boolean {
  return paidAt !== null || disputedAt !== null
}

/** Lets an order follow all of its money that it hasn't followed yet. */
export async function followMoney(deps: Deps, order: OrderKey): Promise<void> {
  const unfollowed = await deps.db.payment.findMany({
    where: { ...order, ...isUnfollowed(deps.db) },
    orderBy: { paidAt: 'asc' },
  })
  for (const { sn } of unfollowed) await followPayment(deps, sn)
}

function isUnfollowed({ payment }: Pick<Transaction, 'payment'>): Prisma.PaymentWhereInput {
  return { paidAt: { not: null }, version: { gt: payment.fields.appliedVersion } }
}
