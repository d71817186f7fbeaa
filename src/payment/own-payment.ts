import { type Payment, Prisma } from '../../prisma/client/client.ts'
import { batchReads, batchReadsInTurn } from '../infra/batched-read.ts'
import type { Database } from '../infra/database.ts'
import { queryRows } from '../infra/statement.ts'
import { PAYMENT_COLUMNS } from './columns.ts'

type ReadPayment = Payment & { readAt: Date }

async function readPayments(db: Database, sns: string[]): Promise<Map<string, ReadPayment>> {
  const found = await queryRows<ReadPayment>(
    db,
    Prisma.sql`SELECT ${PAYMENT_COLUMNS}, now() AS "readAt" FROM payment p WHERE sn = ANY(${sns})`,
  )
  return new Map(found.map((payment) => [payment.sn, payment]))
}

/** Those who ask at the same moment share a query. */
const readPayment = batchReads(readPayments)
const readPaymentInTurn = batchReadsInTurn(readPayments)

/**
 * A payment of this user as it is now; null when there is none, or when it is somebody else's.
 *
 * @param inTurn for whoever may wait for the reads of others, as all do who connect.
 * @returns with it, the database's time of the read.
 */
export async function findOwnPayment(
  db: Database,
  { sn, userId }: Pick<Payment, 'sn' | 'userId'>,
  { inTurn = false }: { inTurn?: boolean } = {},
): Promise<ReadPayment | null> {
  const payment = await (inTurn ? readPaymentInTurn(db, sn) : readPayment(db, sn))
  return payment?.userId === userId ? payment : null
}
