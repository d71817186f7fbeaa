import { type Payment, Prisma } from '../../prisma/client/client.ts'
import type { MessageKind } from '../../prisma/client/enums.ts'
import type { Database, Tx } from '../infra/database.ts'

/** Names an order of any kind. */
export interface OrderKey {
  serviceType: string
  orderSn: string
}

/** What the guest pays for an order, and until when. */
export interface Offer {
  totalFen: number
  /** What the guest reads in WeChat; shortened to WeChat's limit. */
  description: string
  /** The deadline, in whole seconds. */
  payBefore: Date
}

/** An order as payments see it, locked. */
export interface LockedOrder {
  userId: string
  /** The order's state as its own kind names it. The API's errors show it only if `OrderTradeState` has that name. */
  tradeState: string
  /** The payment that paid it. */
  paidBySn: string | null
  /** True while it waits for a payment, whatever the deadline says. */
  waitsForPayment: boolean
  /** Null when it can't be paid (any more). */
  offer: Offer | null
}

/** An order as a statement around its `lockQuery` reads it: `ORDER_COLUMNS`. */
export interface OrderColumns {
  userId: string
  tradeState: string
  paidBySn: string | null
  waitsForPayment: boolean
  /** As in {@link Offer}, whether it is made or not. */
  totalFen: number
  description: string
  payBefore: Date
  isInTime: boolean
}

/** Payments of one kind that are due to be applied. */
export interface PaymentBatch {
  serviceType: string
  /** Each once; those of other kinds among them are none of its business. */
  paymentSns: string[]
}

/** A message to the guest of `payment` that is about to be sent. */
export interface DueMessage {
  kind: MessageKind
  payment: Payment
}

/**
 * One value of a message. Text stands as it is. Money and days are written as the template's key asks for: the time of day
 * (`hh:mm`) is shown by a `time` value, and left out by a `date` value. `day` is midnight in UTC, as the database has it.
 */
export type MessageValue = string | { totalFen: number } | { day: Date; timeOfDay: string }

/** What becomes of a due message. */
export type MessageVerdict =
  /** It is sent, with these values in the order of its template's keys. */
  | { verdict: 'SEND'; values: MessageValue[] }
  /** It is judged again later: what it says may turn out wrong, as while a refund is under way. */
  | { verdict: 'WAIT' }
  /** It is of no use any more. */
  | { verdict: 'DROP'; reason: string }

/**
 * A kind of thing that can be paid. A shop or a course joins by giving these functions and a name of its own; the payment
 * code stays as it is. Every function works inside the given transaction, or through the given database, and calls nobody
 * outside it.
 */
export interface Payable {
  /**
   * A SELECT … FOR UPDATE of the order's row: its "orderSn", and {@link OrderColumns} except for "isInTime". No row when there
   * is no such order. What is decided in one statement is built around it.
   *
   * @param orderSn the number, or an expression of the statement around it that gives the number.
   * @param skipsLocked SKIP LOCKED: no row either while somebody else has the order locked.
   */
  lockQuery(orderSn: string | Prisma.Sql, skipsLocked?: boolean): Prisma.Sql
  /**
   * Locks the order's row until `tx` ends, before any payment is locked: {@link lockBy} of `lockQuery`. Null when there is no
   * such order.
   */
  lock(tx: Tx, orderSn: string): Promise<LockedOrder | null>
  /**
   * Makes the locked order match its locked payment, whatever was missed, repeated or reordered: called any number of
   * times, also when there is nothing to do. Enqueues what follows from it in `tx`.
   *
   * @returns whether the order takes this payment's money. An unapplied payment is refunded in full by the caller.
   */
  apply(tx: Tx, payment: Payment): Promise<'APPLIED' | 'UNAPPLIED'>
  /**
   * For speed, and optional: does what `lock` and `apply` do, for the common ones of these payments, in one statement over
   * all of them: outside of a transaction. It leaves every other one untouched to `apply`, and every one that somebody else
   * has locked. Give `applyCommonCase` (outbox/common-case.ts) what is particular to this kind of order. When it throws, each
   * payment is applied by itself.
   *
   * @returns the numbers of those it has applied.
   */
  applyMany?(db: Database, batch: PaymentBatch): Promise<string[]>
  /** Cancels the locked order, which waits for payment. */
  cancel(tx: Tx, orderSn: string): Promise<void>
  /**
   * For speed, and optional: an UPDATE that does the same for the order in the CTE `ended`, by its "orderSn". It is locked,
   * and waits for payment. There may be none.
   */
  cancelQuery?: Prisma.Sql
  /** Enqueues the message that an unapplied payment's money went back; once, however often it is called. */
  announceRefund(tx: Tx, payment: Payment): Promise<void>
  /**
   * Judges messages that `apply` or `announceRefund` enqueued, by their orders as they are now, which it reads together.
   * Asked before every try, and for any kind; reads only. When it throws, each message is judged by itself.
   *
   * @returns a verdict for each, in the order given.
   */
  judgeMessages(db: Tx, messages: DueMessage[]): Promise<MessageVerdict[]>
}

/** Every kind of order that can be paid, by the `serviceType` of its payments. */
export type Payables = Readonly<Record<string, Payable>>

/** @throws when this process doesn't know the kind: it is older than the process that opened the payment. */
export function payableOf(deps: { payables: Payables }, serviceType: string): Payable {
  const payable = deps.payables[serviceType]
  if (!payable) throw new Error(`nothing of kind ${serviceType} can be paid here: deploy the version that knows it`)
  return payable
}

/**
 * What is read of a `lockQuery` that is named o. The time is read here, outside of it: inside it would be read before the
 * wait for the lock.
 */
export const ORDER_COLUMNS = Prisma.sql`
  o."userId", o."tradeState", o."paidBySn", o."waitsForPayment", o."totalFen", o.description, o."payBefore",
  clock_timestamp() < o."payBefore" AS "isInTime"`

/** The order that `lockQuery` selects, locked until `tx` ends. */
export async function lockBy(tx: Pick<Tx, '$queryRaw'>, lockQuery: Prisma.Sql): Promise<LockedOrder | null> {
  const [order] = await tx.$queryRaw<OrderColumns[]>`
    WITH o AS MATERIALIZED (${lockQuery}) SELECT ${ORDER_COLUMNS} FROM o`
  return order ? asLocked(order) : null
}

/** The order as payments see it. */
export function asLocked(order: OrderColumns): LockedOrder {
  const { userId, tradeState, paidBySn, waitsForPayment, totalFen, description, payBefore } = order
  const offer = waitsForPayment && order.isInTime ? { totalFen, description, payBefore } : null
  return { userId, tradeState, paidBySn, waitsForPayment, offer }
}
