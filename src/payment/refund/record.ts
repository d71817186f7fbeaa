import type { Payment, Refund } from '../../../prisma/client/client.ts'
import type { EventSource } from '../../../prisma/client/enums.ts'
import type { Deps } from '../../deps.ts'
import { asJsonValue, databaseNow, type Tx } from '../../infra/database.ts'
import { queryRefund } from '../../wechat/refund.ts'
import type { WechatRefund } from '../../wechat/transaction.ts'
import { type Change, changePayment } from '../change-payment.ts'
import { lockPayment, recordChange } from '../record.ts'
import { queryAndSettle } from '../settlement/query.ts'
import { refundTransitions } from '../state.ts'
import { isStorable, normalizeRefund } from './normalize.ts'
import { openRefund } from './open.ts'

/** WeChat's verified report about a refund, by notice, answer or query. */
export interface RefundReport {
  report: WechatRefund
  source: EventSource
}

/** What a report about a refund did: moved it, found it as reported, or was stored as a mismatch for a person. */
export type RefundOutcome = 'MOVED' | 'SAME' | 'MISMATCH'

/**
 * The single door for reports about refunds, as `settle` is for money. A manual refund, made on the merchant platform, is
 * adopted. Safe to call any number of times, at once and in any order.
 *
 * @throws when nothing could be committed; then WeChat must repeat, or we query again.
 */
export async function recordRefund(deps: Deps, { report, source }: RefundReport): Promise<RefundOutcome> {
  const refund = normalizeRefund(report)
  // Notices have connections of their own: guests may use up all others.
  const db = source === 'NOTICE' ? deps.settleDb : deps.db
  await settleOvertakenPayment(deps, refund, db)
  const { pubsub } = deps
  const outcome = await changePayment({ db, pubsub }, (change) =>
    recordLocked(deps, change, { report: refund, source }),
  )
  const { outRefundNo, outTradeNo } = refund
  if (outcome === 'MISMATCH') {
    deps.metrics.mismatches.inc({ kind: 'REFUND' })
    deps.log.error({ alarm: 'mismatch', outRefundNo, outTradeNo }, 'refund mismatch, an operator must decide')
  }
  if (outcome === 'MOVED' && refund.status === 'ABNORMAL')
    deps.log.error({ alarm: 'refund', outRefundNo, outTradeNo }, 'refund ABNORMAL: send it to another account')
  return outcome
}

/**
 * Adopts a manual refund whose notice was lost, and ends the hold that waited for it. The operator reads its number off
 * the merchant platform; WeChat says the rest. Safe to call twice.
 *
 * @throws {WechatPayError} when WeChat knows no such refund, or gives no answer.
 */
export async function adoptRefund(deps: Deps, { outRefundNo }: { outRefundNo: string }): Promise<RefundOutcome> {
  return recordRefund(deps, { report: await queryRefund(deps.wechat, { outRefundNo }), source: 'OPERATOR' })
}

/** A refund's notice may overtake its payment's: then the payment is queried first. */
async function settleOvertakenPayment(
  deps: Deps,
  { outTradeNo }: WechatRefund,
  db: Pick<Tx, 'payment'>,
): Promise<void> {
  const attempt = await db.payment.findUnique({ where: { sn: outTradeNo } })
  if (attempt && !attempt.paidAt && !attempt.underReviewAt) await queryAndSettle(deps, { attempt, source: 'QUERY' })
}

async function recordLocked(deps: Deps, change: Change, { report, source }: RefundReport): Promise<RefundOutcome> {
  const { tx } = change
  const payment = await lockPayment(tx, report.outTradeNo)
  const refund = await lockRefund(tx, report.outRefundNo)
  if (!payment || isMismatch(report, payment, refund) || (await isNumberTaken(tx, report))) {
    await storeMismatch(tx, { report, source }, payment)
    return 'MISMATCH'
  }
  if (refund && (refund.status === report.status || isStale(report, refund))) return 'SAME'
  await writeRefund(tx, report, refund)
  const overtaken = report.status === 'SUCCESS' ? await closeOvertaken(tx, payment, report) : []
  const current = await writePayment(change, payment, { report, source })
  await reopenFor(deps, change, current, overtaken)
  return 'MOVED'
}

async function lockRefund(tx: Tx, outRefundNo: string): Promise<Refund | null> {
  await tx.$queryRaw`SELECT 1 FROM refund WHERE "outRefundNo" = ${outRefundNo} FOR UPDATE`
  return tx.refund.findUnique({ where: { outRefundNo } })
}

/** A stale report: it describes an earlier state and arrived after the final one. */
function isStale(report: WechatRefund, refund: Refund): boolean {
  return refund.endedAt !== null && (report.status === 'PROCESSING' || report.status === 'ABNORMAL')
}

/** True when the report doesn't fit our books. */
function isMismatch(report: WechatRefund, payment: Payment, refund: Refund | null): boolean {
  if (!isStorable(report) || payment.transactionId !== report.transactionId) return true
  if (refund && (refund.paymentSn !== payment.sn || refund.refundTotal !== report.refundFen)) return true
  if (refund && isStale(report, refund)) return false
  if (refund && refund.status !== report.status && !refundTransitions[refund.status].includes(report.status))
    return true
  const alreadyCounted = refund?.status === 'SUCCESS' ? refund.refundTotal : 0
  const refundedFen = payment.refundedTotal - alreadyCounted + (report.status === 'SUCCESS' ? report.refundFen : 0)
  return refundedFen > (payment.paidTotal ?? 0)
}

/** True when WeChat's number belongs to another refund here. */
async function isNumberTaken(tx: Tx, { refundId, outRefundNo }: WechatRefund): Promise<boolean> {
  return (await tx.refund.count({ where: { refundId, outRefundNo: { not: outRefundNo } } })) > 0
}

async function writeRefund(tx: Tx, report: WechatRefund, refund: Refund | null): Promise<void> {
  const ended = report.status === 'SUCCESS' || report.status === 'CLOSED'
  const facts = {
    status: report.status,
    refundId: report.refundId,
    userReceivedAccount: report.userReceivedAccount ?? null,
    payerRefund: report.payerRefundFen ?? null,
    successTime: report.successTime ?? null,
    endedAt: ended ? new Date() : null,
    ...(ended ? { nextAdvanceAt: null } : {}),
  }
  const { outRefundNo } = report
  if (refund) {
    await tx.refund.update({ where: { outRefundNo }, data: facts })
    return
  }
  const identity = {
    outRefundNo,
    paymentSn: report.outTradeNo,
    cause: 'MANUAL',
    refundTotal: report.refundFen,
  } as const
  await tx.refund.create({ data: { nextAdvanceAt: ended ? null : await databaseNow(tx), ...facts, ...identity } })
}

/** Closes our own refunds that ask for more than this one leaves: WeChat can't have taken them, and never will. */
function closeOvertaken(tx: Tx, payment: Payment, report: WechatRefund): Promise<Refund[]> {
  const leftFen = (payment.paidTotal ?? 0) - payment.refundedTotal - report.refundFen
  return tx.refund.updateManyAndReturn({
    where: {
      paymentSn: payment.sn,
      outRefundNo: { not: report.outRefundNo },
      status: 'REQUESTED',
      refundTotal: { gt: leftFen },
    },
    data: {
      status: 'CLOSED',
      endedAt: new Date(),
      nextAdvanceAt: null,
      lastAnswer: `manual refund ${report.outRefundNo} left less than this one asks for`,
    },
  })
}

/**
 * A guest whose refund was overtaken still wants the rest back. What no order takes is refunded anew when the payment is
 * applied.
 */
async function reopenFor(deps: Deps, change: Change, payment: Payment, overtaken: Refund[]): Promise<void> {
  const byGuest = overtaken.find(({ cause }) => cause === 'GUEST')
  if (byGuest) await openRefund(deps, change, { payment, cause: 'GUEST', reason: byGuest.reason })
}

/** The payment's new facts. A refund that is known, whatever becomes of it, ends the hold that waited for it. */
function writePayment(change: Change, payment: Payment, { report, source }: RefundReport): Promise<Payment> {
  const refundedTotal = payment.refundedTotal + (report.status === 'SUCCESS' ? report.refundFen : 0)
  const facts = { refundedTotal, heldAt: null, tradeState: 'REFUND', tradeStateDesc: null }
  return recordChange(change, payment, facts, { source, detail: asJsonValue(report.raw) })
}

async function storeMismatch(tx: Tx, { report, source }: RefundReport, payment: Payment | null): Promise<void> {
  const { outRefundNo: number, transactionId, status: kind } = report
  const row = { subject: 'REFUND', number, transactionId, kind, source, content: asJsonValue(report.raw) } as const
  await tx.paymentMismatch.createMany({ data: [{ ...row, paymentSn: payment?.sn ?? null }], skipDuplicates: true })
}
