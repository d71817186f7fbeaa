import type { Database } from '../infra/database.ts'
import { awaitsShipping } from '../order/shipping.ts'
import { readChanges } from './changes.ts'
import { readConsequences } from './consequences.ts'
import { type Entry, sortEntries } from './entry.ts'
import { readExchanges } from './exchanges.ts'
import { readActs } from './people.ts'
import { findSubject, numbersOf, type Subject } from './subject.ts'

/** Where everything stands now, and how it came to that. */
export interface Timeline {
  orders: ShownOrder[]
  payments: ShownPayment[]
  refunds: { outRefundNo: string; paymentSn: string; status: string; refundTotalFen: number }[]
  /** In the order of time, by the database's clock. */
  entries: Entry[]
}

interface ShownOrder {
  sn: string
  tradeState: string
  totalFen: number
  /** Whether it was redeemed, or nobody came for it, and WeChat hasn't its shipping info, without which it may freeze its money. */
  awaitsShipping: boolean
}

interface ShownPayment {
  sn: string
  orderSn: string
  status: string
  payTotalFen: number
  paidTotalFen: number | null
  refundedTotalFen: number
  transactionId: string | null
  isUnderReview: boolean
  isOnHold: boolean
  /** False while its last change isn't applied to its order. */
  isApplied: boolean
}

/**
 * All that is known to have happened about an order: its attempts, calls to WeChat (for 90 days) and notices, events, refunds,
 * mismatches, jobs (for an hour after their end), messages, webhooks, and what
 * operators did.
 *
 * @param number any number of it: of the order, a payment, a transaction, a refund, a mismatch.
 * @throws {NotFoundError} when nothing here has it.
 */
export async function readTimeline(db: Database, number: string): Promise<Timeline> {
  const subject = await findSubject(db, number)
  const numbers = numbersOf(subject)
  const entries = await Promise.all([
    readChanges(db, subject),
    readActs(db, numbers),
    readExchanges(db, numbers),
    readConsequences(db, subject),
  ])
  return { ...stateOf(subject), entries: sortEntries(entries.flat()) }
}

function stateOf({ orders, payments, refunds }: Subject): Omit<Timeline, 'entries'> {
  return {
    orders: orders.map((order) => ({
      sn: order.sn,
      tradeState: order.tradeState,
      totalFen: order.orderTotalPrice,
      awaitsShipping: awaitsShipping(order),
    })),
    payments: payments.map((payment) => ({
      sn: payment.sn,
      orderSn: payment.orderSn,
      status: payment.status,
      payTotalFen: payment.payTotal,
      paidTotalFen: payment.paidTotal,
      refundedTotalFen: payment.refundedTotal,
      transactionId: payment.transactionId,
      isUnderReview: payment.underReviewAt !== null,
      isOnHold: payment.heldAt !== null,
      isApplied: payment.appliedVersion === payment.version,
    })),
    refunds: refunds.map(({ outRefundNo, paymentSn, status, refundTotal: refundTotalFen }) => ({
      outRefundNo,
      paymentSn,
      status,
      refundTotalFen,
    })),
  }
}
