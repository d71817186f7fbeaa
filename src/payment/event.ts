import { z } from 'zod'
import { type Payment, type PaymentEvent as PaymentEventRow, Prisma } from '../../prisma/client/client.ts'
import { PayStatus } from '../../prisma/client/enums.ts'
import type { Tx } from '../infra/database.ts'
import { columnsOf } from '../infra/statement.ts'

/**
 * Events: what others hear of a payment. Each change of a payment, its making included, is one event, which is stored in
 * `payment_event` by the statement or transaction that makes the change, with every field as of that version. Everybody
 * gets the same, over whatever way: docs/events.md fixes it for them.
 */

/** Rises with whatever a reader of the schema would refuse or misread: another meaning, a new type. A new field is neither. */
const SCHEMA_VERSION = 1

/** What a change was; {@link typeOf}. */
export const EVENT_TYPES = [
  'payment.created',
  'payment.succeeded',
  'payment.closed',
  'payment.refunding',
  'payment.refunded',
  'payment.updated',
] as const

export type EventType = (typeof EVENT_TYPES)[number]

const fen = z.int32().nonnegative()

/** An event as everybody gets it. */
export const PaymentEventSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION).describe('Of this schema.'),
  type: z.enum(EVENT_TYPES).describe('What happened.'),
  time: z.iso.datetime().describe('When it was recorded, in UTC.'),
  paymentSn: z.string().describe('`out_trade_no` at WeChat.'),
  version: z.int32().positive().describe('Of the payment: 1 when it was made, and one more with every change.'),
  orderSn: z.string().describe('What is paid for.'),
  serviceType: z.string().describe('What kind of thing that is.'),
  status: z.enum(PayStatus),
  previousStatus: z.enum(PayStatus).nullable().describe('Null when the payment was made.'),
  payTotal: fen.describe('Fen; what was asked for.'),
  paidTotal: fen.nullable().describe('Fen; what was collected, coupons included. Null before.'),
  payerTotal: fen.nullable().describe('Fen; what the guest paid, without coupons. Null before, or unknown.'),
  refundedTotal: fen.describe('Fen; the sum of the refunds that succeeded.'),
  transactionId: z.string().nullable().describe('WeChat’s number, once paid.'),
  payTime: z.iso.datetime().nullable().describe('When the guest paid, by WeChat.'),
})

export type PaymentEvent = z.infer<typeof PaymentEventSchema>

/** Names an event: for ever the same, whoever gets it and however often. */
export const EventRef = z.object({ paymentSn: z.string(), version: z.int() })
export type EventRef = z.infer<typeof EventRef>

/** The columns of an event that are its payment's as of the version, by the names that both tables give them. */
const FACTS = [
  'orderSn',
  'serviceType',
  'payTotal',
  'paidTotal',
  'payerTotal',
  'refundedTotal',
  'transactionId',
  'payTime',
] as const satisfies (keyof Payment & keyof PaymentEventRow)[]

/** SQL: these columns, of a row where it is named. */
export function eventFacts(row?: string): Prisma.Sql {
  return Prisma.raw(FACTS.map((fact) => (row === undefined ? `"${fact}"` : `${row}."${fact}"`)).join(', '))
}

/** SQL: that nobody hears of changes, so that whoever makes one marks it as published, too. */
export const IS_UNHEARD = Prisma.sql`NOT EXISTS (SELECT 1 FROM payment_listener)`

/** What a change from one status to another was; from null where the payment was made. */
export function typeOf(previous: PayStatus | null, status: PayStatus): EventType {
  if (previous === null) return 'payment.created'
  if (previous === status) return 'payment.updated'
  switch (status) {
    case 'SUCCESS':
      // What was paid before stays so: a refund has ended, and not all of the money went back.
      return previous === 'REFUNDING' ? 'payment.updated' : 'payment.succeeded'
    case 'CLOSED':
      return 'payment.closed'
    case 'REFUNDING':
      return 'payment.refunding'
    case 'REFUNDED':
      return 'payment.refunded'
    case 'PENDING':
      throw new Error('no payment becomes PENDING')
  }
}

/** The event of a payment that has just changed, or was made, but for its source and detail. */
export function eventRow(payment: Payment, previous: PayStatus | null) {
  const facts = Object.fromEntries(FACTS.map((fact) => [fact, payment[fact]])) as Pick<Payment, (typeof FACTS)[number]>
  const { sn: paymentSn, version, status } = payment
  return { paymentSn, version, fromStatus: previous, toStatus: status, type: typeOf(previous, status), ...facts }
}

/** The events of these names, in their order. @throws when one doesn't exist. */
export async function getEvents(db: Pick<Tx, '$queryRaw' | 'payment'>, refs: EventRef[]): Promise<PaymentEvent[]> {
  const sns = refs.map(({ paymentSn }) => paymentSn)
  const rows = await db.$queryRaw<PaymentEventRow[]>`
    SELECT ${EVENT_COLUMNS} FROM unnest(${sns}::text[], ${refs.map(({ version }) => version)}::int[]) AS r(sn, version),
      LATERAL (SELECT * FROM payment_event e WHERE e."paymentSn" = r.sn AND e.version = r.version OFFSET 0) e`
  const found = new Map(rows.map((row) => [nameOf(row), row]))
  const paymentOf = await findPaymentsOfBareEvents(db, rows)
  return refs.map((ref) => {
    const row = found.get(nameOf(ref))
    if (!row) throw new Error(`payment ${ref.paymentSn} has no version ${ref.version}`)
    return toEvent(row, paymentOf.get(row.paymentSn))
  })
}

/** SQL: what a row of an event has, of an event `e`. */
const EVENT_COLUMNS = columnsOf(Prisma.PaymentEventScalarFieldEnum, 'e')

/** The payments of events stored before events carried their fields. */
async function findPaymentsOfBareEvents(
  db: Pick<Tx, 'payment'>,
  rows: PaymentEventRow[],
): Promise<Map<string, Payment>> {
  const sns = rows.filter(({ type }) => type === null).map(({ paymentSn }) => paymentSn)
  const payments = sns.length === 0 ? [] : await db.payment.findMany({ where: { sn: { in: sns } } })
  return new Map(payments.map((payment) => [payment.sn, payment]))
}

/** The same for one. */
export async function getEvent(db: Pick<Tx, '$queryRaw' | 'payment'>, ref: EventRef): Promise<PaymentEvent> {
  const [event] = await getEvents(db, [ref])
  if (!event) throw new Error(`payment ${ref.paymentSn} has no version ${ref.version}`)
  return event
}

function nameOf({ paymentSn, version }: EventRef): string {
  return `${paymentSn} ${version}`
}

function toEvent(row: PaymentEventRow, payment: Payment | undefined): PaymentEvent {
  const facts = payment ? factsOfBareEvent(row, payment) : row
  return PaymentEventSchema.parse({
    schemaVersion: SCHEMA_VERSION,
    type: facts.type,
    time: row.at.toISOString(),
    paymentSn: row.paymentSn,
    version: row.version,
    orderSn: facts.orderSn,
    serviceType: facts.serviceType,
    status: row.toStatus,
    previousStatus: row.fromStatus,
    payTotal: facts.payTotal,
    paidTotal: facts.paidTotal,
    payerTotal: facts.payerTotal,
    refundedTotal: facts.refundedTotal,
    transactionId: facts.transactionId,
    payTime: facts.payTime?.toISOString() ?? null,
  })
}

/**
 * The fields of an event stored before events carried them, taken from its payment. All are exact but `refundedTotal`: it
 * is the payment's present sum, so exact only for the newest event.
 */
function factsOfBareEvent({ fromStatus, toStatus }: PaymentEventRow, payment: Payment) {
  const isPaid = toStatus !== 'PENDING' && toStatus !== 'CLOSED'
  const unpaid = { paidTotal: null, payerTotal: null, refundedTotal: 0, transactionId: null, payTime: null }
  return { ...payment, ...(isPaid ? {} : unpaid), type: typeOf(fromStatus, toStatus) }
}
