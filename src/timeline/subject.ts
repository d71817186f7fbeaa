import type { HomestayOrder, Payment, PaymentMismatch, Refund } from '../../prisma/client/client.ts'
import { NotFoundError } from '../errors.ts'
import type { Database } from '../infra/database.ts'
import { timelineTexts } from './texts.ts'

/** Everything that hangs on one order: whichever of its numbers was asked for, the story is the same. */
export interface Subject {
  orders: HomestayOrder[]
  /** Its attempts, oldest first. */
  payments: Payment[]
  refunds: Refund[]
  /** Also those of no payment here. */
  mismatches: PaymentMismatch[]
}

/** The subjects of a mismatch: named, so that the index that begins with them finds a number. */
const SUBJECTS = ['MONEY', 'REFUND', 'NOTICE'] as const

const OLDEST_FIRST = { createdAt: 'asc' } as const

/**
 * Finds what a number belongs to.
 *
 * @param number of an order, a payment (`out_trade_no`), a transaction, a refund (ours or WeChat's), a mismatch or a notice.
 * @throws {NotFoundError} when nothing here has it.
 */
export async function findSubject(db: Database, number: string): Promise<Subject> {
  // What WeChat gave no transaction for has an empty one.
  if (number === '') throw new NotFoundError(timelineTexts.number)
  const [named, namedOrder, namedMismatches] = await Promise.all([
    findPaymentKeys(db, number),
    db.homestayOrder.findUnique({ where: { sn: number } }),
    findMismatches(db, number),
  ])
  const paymentSns = [...named, ...namedMismatches.flatMap(({ paymentSn }) => paymentSn ?? [])]
  const ofThese = await db.payment.findMany({ where: { sn: { in: paymentSns } }, select: { orderSn: true } })
  const orderSns = [...new Set([...ofThese.map(({ orderSn }) => orderSn), ...(namedOrder ? [namedOrder.sn] : [])])]
  const payments = await db.payment.findMany({ where: { orderSn: { in: orderSns } }, orderBy: OLDEST_FIRST })
  const sns = payments.map(({ sn }) => sn)
  const [orders, refunds, mismatches] = await Promise.all([
    db.homestayOrder.findMany({ where: { sn: { in: orderSns } } }),
    db.refund.findMany({ where: { paymentSn: { in: sns } }, orderBy: OLDEST_FIRST }),
    db.paymentMismatch.findMany({ where: { paymentSn: { in: sns } }, orderBy: OLDEST_FIRST }),
  ])
  const others = namedMismatches.filter(({ id }) => !mismatches.some((each) => each.id === id))
  if (orders.length + payments.length + others.length === 0) throw new NotFoundError(timelineTexts.number)
  return { orders, payments, refunds, mismatches: [...mismatches, ...others] }
}

/** The payments that have this number themselves, or whose refund or order has it. */
async function findPaymentKeys(db: Database, number: string): Promise<string[]> {
  const [payments, refunds] = await Promise.all([
    db.payment.findMany({
      where: { OR: [{ sn: number }, { transactionId: number }, { orderSn: number }] },
      select: { sn: true },
    }),
    db.refund.findMany({
      where: { OR: [{ outRefundNo: number }, { refundId: number }] },
      select: { paymentSn: true },
    }),
  ])
  return [...payments.map(({ sn }) => sn), ...refunds.map(({ paymentSn }) => paymentSn)]
}

async function findMismatches(db: Database, number: string): Promise<PaymentMismatch[]> {
  return db.paymentMismatch.findMany({
    where: {
      OR: [{ id: number }, { transactionId: number }, { subject: { in: [...SUBJECTS] }, number }],
    },
    orderBy: OLDEST_FIRST,
  })
}

/** The numbers by which calls, notices and what people did are kept. */
export function numbersOf({ orders, payments, refunds, mismatches }: Subject): string[] {
  const numbers = [
    ...orders.map(({ sn }) => sn),
    ...payments.flatMap(({ sn, transactionId }) => [sn, transactionId]),
    ...refunds.map(({ outRefundNo }) => outRefundNo),
    ...mismatches.flatMap(({ number, transactionId }) => [number, transactionId]),
  ]
  return [...new Set(numbers.flatMap((number) => number || []))]
}
