import { Prisma } from '../../prisma/client/client.ts'
import { enqueueMessages } from '../notification/enqueue.ts'
import { lockBy, type Payable } from '../payment/payable.ts'
import { applyCommonPayments } from './apply-common-payments.ts'
import { applyPayment } from './apply-payment.ts'
import { judgeOrderMessages, refundedMessages } from './messages.ts'
import { lockOrder, moveOrder } from './record.ts'

const SKIP_LOCKED = Prisma.sql`SKIP LOCKED`

/** Homestay orders, as something that can be paid. */
export const homestayOrderPayable: Payable = {
  lockQuery,
  lock: (tx, orderSn) => lockBy(tx, lockQuery(orderSn)),
  apply: applyPayment,
  applyMany: (db, batch) => applyCommonPayments(db, batch),
  cancel: async (tx, orderSn) => {
    const order = await lockOrder(tx, orderSn)
    if (order) await moveOrder(tx, order, 'CANCELLED', { nextCloseAt: null })
  },
  cancelQuery: Prisma.sql`
    UPDATE homestay_order SET "tradeState" = 'CANCELLED', "nextCloseAt" = NULL WHERE sn = (SELECT "orderSn" FROM ended)`,
  announceRefund: (tx, payment) => enqueueMessages(tx, [payment], refundedMessages),
  judgeMessages: judgeOrderMessages,
}

function lockQuery(orderSn: string | Prisma.Sql, skipsLocked = false): Prisma.Sql {
  return Prisma.sql`
    SELECT sn AS "orderSn", "userId", "tradeState"::text AS "tradeState", "paidBySn",
      "tradeState" = 'WAIT_PAY' AS "waitsForPayment", "orderTotalPrice" AS "totalFen",
      '民宿预订-' || title AS description, "payBefore"
    FROM homestay_order WHERE sn = ${orderSn} FOR UPDATE ${skipsLocked ? SKIP_LOCKED : Prisma.empty}`
}
