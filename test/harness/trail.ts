import { z } from 'zod'
import type { Payment, PaymentEvent } from '../../prisma/client/client.ts'
import type { PayStatus, RefundStatus } from '../../prisma/client/enums.ts'
import { LIVE_REFUNDS, statusOf } from '../../src/payment/state.ts'

/** What an event tells beside its statuses, which aren't read here: WeChat's report, or what was done. */
const Detail = z.object({
  /** A report about money; with `mismatch` it was only stored. */
  wechat: z.object({ amount: z.object({ total: z.int() }) }).optional(),
  mismatch: z.string().optional(),
  /** A refund that was opened. */
  opened: z.string().optional(),
  refundTotal: z.int().optional(),
  /** A report about a refund: a notice calls its status `refund_status`. */
  out_refund_no: z.string().optional(),
  status: z.string().optional(),
  refund_status: z.string().optional(),
  amount: z.object({ refund: z.int() }).optional(),
})

/** What is read of an event. */
export type TrailEvent = Pick<PaymentEvent, 'source' | 'at' | 'detail'>

interface Money {
  paidTotal: number | null
  closedAt: Date | null
  refunds: Map<string, { status: RefundStatus; totalFen: number }>
}

/** What a payment must be, by its events alone. */
interface FromTrail {
  status: PayStatus
  paidTotal: number | null
  refundedTotal: number
}

/**
 * Answers what happened to a payment from its trail alone: neither the statuses that its events name nor any other row is
 * read, only what each event says was reported or done.
 *
 * @param events all of one payment's, by version.
 */
export function readTrail(events: TrailEvent[]): FromTrail {
  const money: Money = { paidTotal: null, closedAt: null, refunds: new Map() }
  for (const event of events) follow(money, event)
  const refunds = [...money.refunds.values()]
  const refundedTotal = sumOf(refunds.filter(({ status }) => status === 'SUCCESS'))
  const liveRefunds = refunds.filter(({ status }) => LIVE_REFUNDS.includes(status)).length
  const { paidTotal, closedAt } = money
  return { status: statusOf({ paidTotal, closedAt, refundedTotal, liveRefunds }), paidTotal, refundedTotal }
}

/**
 * Compares a payment's row with what its events alone say, as both were at one time.
 *
 * @returns what contradicts; nothing when they agree.
 */
export function compareWithTrail(
  { sn, status, paidTotal, refundedTotal }: Pick<Payment, 'sn' | 'status' | 'paidTotal' | 'refundedTotal'>,
  events: TrailEvent[],
): string[] {
  const row = JSON.stringify({ status, paidTotal, refundedTotal })
  const trail = JSON.stringify(readTrail(events))
  return row === trail ? [] : [`${sn} is ${row}, by its trail ${trail}`]
}

function follow(money: Money, { source, at, detail }: TrailEvent): void {
  const {
    wechat,
    mismatch,
    opened,
    refundTotal = 0,
    out_refund_no: outRefundNo,
    amount,
    ...report
  } = Detail.parse(detail)
  if (wechat) {
    if (mismatch === undefined) money.paidTotal ??= wechat.amount.total
  } else if (opened !== undefined) {
    money.refunds.set(opened, { status: 'REQUESTED', totalFen: refundTotal })
  } else if (outRefundNo !== undefined) {
    const status = (report.refund_status ?? report.status) as RefundStatus
    money.refunds.set(outRefundNo, { status, totalFen: amount?.refund ?? 0 })
    if (status === 'SUCCESS') closeSuperseded(money)
  } else if (source === 'CLOSE') {
    money.closedAt = at
  }
}

/** A refund that WeChat never accepted is closed once less is left than it asks for. */
function closeSuperseded({ paidTotal, refunds }: Money): void {
  const all = [...refunds.values()]
  const leftFen = (paidTotal ?? 0) - sumOf(all.filter(({ status }) => status === 'SUCCESS'))
  for (const refund of all) if (refund.status === 'REQUESTED' && refund.totalFen > leftFen) refund.status = 'CLOSED'
}

function sumOf(refunds: { totalFen: number }[]): number {
  return refunds.reduce((sum, { totalFen }) => sum + totalFen, 0)
}
