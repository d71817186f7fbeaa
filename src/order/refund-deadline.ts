import type { HomestayOrder } from '../../prisma/client/client.ts'
import { databaseNow, type Tx } from '../infra/database.ts'
import { startOfShanghaiDay } from '../infra/shanghai.ts'

/** Whether a guest may still ask for a refund of the order, by the database's clock: before 00:00 (Shanghai) of its first day. */
export async function isRefundableByGuest(tx: Tx, { liveStartDate }: HomestayOrder): Promise<boolean> {
  return (await databaseNow(tx)) < startOfShanghaiDay(liveStartDate)
}
