import { Prisma } from '../../prisma/client/client.ts'
import type { Database } from '../infra/database.ts'
import { assertTransition } from '../infra/transitions.ts'
import { insertMessages } from '../notification/enqueue.ts'
import { applyCommonCase, type OrdersInSql } from '../payment/outbox/common-case.ts'
import type { PaymentBatch } from '../payment/payable.ts'
import { paidMessages } from './messages.ts'
import { orderTransitions } from './state.ts'
import { drawTradeCode } from './trade-code.ts'

/**
 * Does what `applyPayment` does for the common ones of these payments: an order that waits for payment becomes usable, with
 * its entry code and its messages, and one that this payment has paid keeps its state.
 *
 * @param draw gives each payment a code. An order whose code is taken is left out; two equal ones among them fail all.
 * @returns the numbers of the payments that are applied.
 */
export function applyCommonPayments(db: Database, batch: PaymentBatch, draw = drawTradeCode): Promise<string[]> {
  const codes = batch.paymentSns.map(() => draw())
  return applyCommonCase(db, batch, ordersInSql(batch, codes))
}

function ordersInSql({ paymentSns }: PaymentBatch, codes: string[]): OrdersInSql {
  assertTransition(orderTransitions, 'orders', 'WAIT_PAY', 'WAIT_USE')
  return {
    lock: Prisma.sql`
      SELECT o.sn, o."tradeState", o."paidBySn" FROM homestay_order o
      WHERE o.sn = c."orderSn" FOR UPDATE OF o SKIP LOCKED`,
    judge: Prisma.sql`
      SELECT c.sn, c."orderSn", drawn.code, o."tradeState" = 'WAIT_PAY' AS moves
      FROM common c JOIN locked_order o ON o.sn = c."orderSn"
        JOIN unnest(${paymentSns}::text[], ${codes}::text[]) AS drawn (sn, code) ON drawn.sn = c.sn
      WHERE (o."tradeState" = 'WAIT_PAY'
          AND (SELECT 1 FROM homestay_order taken WHERE taken."tradeCode" = drawn.code) IS NULL)
        OR (o."paidBySn" = c.sn AND o."tradeState" IN ('WAIT_USE', 'USED', 'EXPIRED'))`,
    move: Prisma.sql`
      UPDATE homestay_order o SET "tradeState" = 'WAIT_USE', "paidBySn" = j.sn, "tradeCode" = j.code, "nextCloseAt" = NULL
      FROM judged j WHERE o.sn = j."orderSn" AND j.moves`,
    tell: insertMessages(paymentSns, paidMessages),
  }
}
