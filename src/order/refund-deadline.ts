import type { HomestayOrder, Payment } from '../../prisma/client/client.ts'
import { databaseNow, type Tx } from '../infra/database.ts'
import { startOfShanghaiDay } from '../infra/shanghai.ts'
import { isYearAlmostOver, isYearOver } from '../payment/refund/year.ts'

/**
 * Why a guest may not ask for a refund of the order any more, by the database's clock: its first day has begun, at 00:00 (Shanghai),
 * or WeChat's year since the payment is over, or will be in a week. Null while none of it holds.
 */
export async function whyTooLate(
  tx: Tx,
  { liveStartDate }: HomestayOrder,
  payment: Payment | null,
): Promise<'begun' | 'yearOver' | 'yearAlmostOver' | null> {
  const now = await databaseNow(tx)
  if (now >= startOfShanghaiDay(liveStartDate)) return 'begun'
  if (isYearOver(payment?.paidAt, now)) return 'yearOver'
  return isYearAlmostOver(payment?.paidAt, now) ? 'yearAlmostOver' : null
}
