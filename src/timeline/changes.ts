import { z } from 'zod'
import type { HomestayOrder, Payment, PaymentEvent, PaymentMismatch, Refund } from '../../prisma/client/client.ts'
import type { Database } from '../infra/database.ts'
import { type Entry, sentence, yuan } from './entry.ts'
import type { Subject } from './subject.ts'

/** What the rows about the money itself tell: the order, its attempts, their events, refunds and mismatches. */
export async function readChanges(db: Database, subject: Subject): Promise<Entry[]> {
  const { orders, payments, refunds, mismatches } = subject
  const events = await db.paymentEvent.findMany({
    where: { paymentSn: { in: payments.map(({ sn }) => sn) } },
    orderBy: [{ at: 'asc' }, { version: 'asc' }],
  })
  const paymentOf = new Map(payments.map((payment) => [payment.sn, payment]))
  return [
    ...orders.flatMap(orderEntries),
    ...events.map((event) => eventEntry(event, paymentOf.get(event.paymentSn))),
    ...refunds.flatMap(refundEntries),
    ...mismatches.flatMap(mismatchEntries),
  ]
}

function orderEntries({ sn, createdAt, usedAt, shippedAt, orderTotalPrice, payBefore }: HomestayOrder): Entry[] {
  const until = payBefore.toISOString()
  return [
    {
      at: createdAt,
      kind: 'order',
      number: sn,
      text: `booked for ${yuan(orderTotalPrice)}, to be paid before ${until}`,
      detail: { totalFen: orderTotalPrice, payBefore: until },
    },
    ...dated(usedAt, { kind: 'order', number: sn, text: 'entry code redeemed', detail: {} }),
    ...dated(shippedAt, { kind: 'order', number: sn, text: 'shipping info uploaded', detail: {} }),
  ]
}

/** An entry, if it has happened. */
function dated(at: Date | null, entry: Omit<Entry, 'at'>): Entry[] {
  return at ? [{ at, ...entry }] : []
}

/** What is read of an event's detail: WeChat's report, or what was done. */
const Detail = z.object({
  wechat: z
    .object({
      transaction_id: z.string().optional(),
      trade_state: z.string().optional(),
      amount: z.object({ total: z.number().optional() }).optional(),
    })
    .optional()
    .catch(undefined),
  mismatch: z.string().optional().catch(undefined),
  opened: z.string().optional().catch(undefined),
  cause: z.string().optional().catch(undefined),
  refundTotal: z.number().optional().catch(undefined),
  out_refund_no: z.string().optional().catch(undefined),
  status: z.string().optional().catch(undefined),
  refund_status: z.string().optional().catch(undefined),
  dismissed: z.string().optional().catch(undefined),
  reviewed: z.string().optional().catch(undefined),
  operator: z.object({ name: z.string(), reason: z.string().optional() }).optional().catch(undefined),
})

function eventEntry(event: PaymentEvent, payment: Payment | undefined): Entry {
  const { at, paymentSn: number, version, fromStatus, toStatus, source } = event
  const detail = Detail.safeParse(event.detail ?? {}).data ?? {}
  const { wechat, mismatch, opened, out_refund_no: outRefundNo, cause } = detail
  const amountFen = detail.refundTotal ?? wechat?.amount?.total
  const refundStatus = detail.refund_status ?? detail.status
  const facts = { mismatch, transactionId: wechat?.transaction_id, tradeState: wechat?.trade_state, amountFen }
  const about = {
    version,
    source,
    fromStatus,
    toStatus,
    ...facts,
    outRefundNo: opened ?? outRefundNo,
    cause,
    refundStatus,
    operator: detail.operator,
  }
  if (fromStatus === null) {
    const text = sentence('attempt made', payment && yuan(payment.payTotal))
    return { at, kind: 'attempt', number, text, detail: { ...about, totalFen: payment?.payTotal } }
  }
  const status = fromStatus === toStatus ? toStatus : `${fromStatus} -> ${toStatus}`
  return {
    at,
    kind: 'event',
    number,
    text: sentence(`${status} by ${detail.operator?.name ?? source}`, describeDetail(about)),
    detail: about,
  }
}

interface EventFacts {
  mismatch?: string
  transactionId?: string
  tradeState?: string
  amountFen?: number
  outRefundNo?: string
  cause?: string
  refundStatus?: string
}

function describeDetail(facts: EventFacts): string {
  const { mismatch, transactionId, tradeState, amountFen, outRefundNo, cause, refundStatus } = facts
  const amount = amountFen !== undefined && yuan(amountFen)
  if (outRefundNo) return sentence(`refund ${outRefundNo} ${refundStatus ?? 'opened'}`, cause, amount)
  return sentence(
    mismatch && `under review: ${mismatch}`,
    transactionId && `transaction ${transactionId}`,
    tradeState !== 'SUCCESS' && tradeState,
    amount,
  )
}

function refundEntries(refund: Refund): Entry[] {
  const { outRefundNo: number, createdAt, endedAt, status, cause, refundTotal, refundId, attempt, lastAnswer } = refund
  const detail = { cause, status, refundTotalFen: refundTotal, refundId, attempt }
  const state = endedAt ? undefined : `now ${status}`
  return [
    {
      at: createdAt,
      kind: 'refund',
      number,
      text: sentence(
        `${cause} refund of ${yuan(refundTotal)}`,
        attempt > 1 && `attempt ${attempt}`,
        state,
        !endedAt && lastAnswer,
      ),
      detail: { ...detail, ...(endedAt ? {} : { lastAnswer }) },
    },
    ...dated(endedAt, { kind: 'refund', number, text: `ended as ${status}`, detail }),
  ]
}

function mismatchEntries(mismatch: PaymentMismatch): Entry[] {
  const { id, subject, number, transactionId, kind, source, createdAt, resolvedAt, resolution, decidedBy } = mismatch
  const detail = { id, subject, kind, transactionId, source, resolution, decidedBy }
  const about = `${subject} mismatch ${kind} by ${source}`
  const of = transactionId && `transaction ${transactionId}`
  const state = resolvedAt ? undefined : resolution ? `${resolution}, not carried out yet` : 'open'
  return [
    { at: createdAt, kind: 'mismatch', number, text: sentence(about, of, state, `id ${id}`), detail },
    ...dated(resolvedAt, {
      kind: 'mismatch',
      number,
      text: sentence(`${resolution}: ${kind}`, of, decidedBy && `decided by ${decidedBy}`),
      detail,
    }),
  ]
}
