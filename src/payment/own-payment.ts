import { type Payment, Prisma } from '../../prisma/client/client.ts'
import { batchReads } from '../infra/batched-read.ts'
import type { Database } from '../infra/database.ts'
import { queryRows } from '../infra/statement.ts'
import { PAYMENT_COLUMNS } from './columns.ts'

/** Those who ask at the same moment share a query. */
const readPayment = batchReads(async (db: Database, sns: string[]) => {
  const found = await queryRows<Payment & { readAt: Date }>(
    db,
    Prisma.sql`SELECT ${PAYMENT_COLUMNS}, now() AS "readAt" FROM payment p WHERE sn = ANY(${sns})`,
  )
  return new Map(found.map((payment) => [payment.sn, payment]))
})

/**
 * A payment of this user as it is now; null when there is none, or when it is somebody else's.
 *
 * @returns with it, the database's time of the read.
 */
export async function findOwnPayment(
  db: Database,
  { sn, userId }: Pick<Payment, 'sn' | 'userId'>,
): Promise<(Payment & { readAt: Date }) | null> {
  const payment = await readPayment(db, sn)
  return payment?.userId === userId ? payment : null
}
