import type { Payment, Refund } from '../../../prisma/client/client.ts'
import type { EventSource, MismatchResolution } from '../../../prisma/client/enums.ts'
import type { Deps } from '../../deps.ts'
import { asJsonValue, type Database, databaseNow, type Tx } from '../../infra/database.ts'
import { type By, inDetail, recordAct } from '../../operator/act.ts'
import { queryRefund } from '../../wechat/refund.ts'
import type { WechatRefund } from '../../wechat/transaction.ts'
import { type Change, changePayment } from '../change-payment.ts'
import { lockPayment, recordChange } from '../record.ts'
import { paymentRemedies } from '../remedies.ts'
import { queryAndSettle } from '../settlement/query.ts'
import { refundTransitions } from '../state.ts'
import { isStorable, normalizeRefund } from './normalize.ts'
import { openRefund } from './open.ts'

/** WeChat's verified report about a refund, by notice, answer or query. */
export interface RefundReport {
  report: WechatRefund
  source: EventSource
  /** The operator who had it asked for. */
  by?: By
}

/** What became of a report: MOVED the refund, the SAME as recorded before, or stored as a MISMATCH for a person. */
export type RefundOutcome = 'MOVED' | 'SAME' | 'MISMATCH'

/**
 * Records a report about a refund. Every such report goes through here, as every one about money goes through `settle`.
 * A manual refund, made on the merchant platform, is adopted. Safe to call any number of times, at once and in any
 * order.
 *
 * @param input.db the connections to use: notices have their own, since guests' requests may use up all others.
 * @throws when nothing could be committed; then WeChat must repeat, or we query again.
 */
export async function recordRefund(
  deps: Deps,
  { report, source, by, db = deps.db }: RefundReport & { db?: Database },
): Promise<RefundOutcome> {
  const refund = normalizeRefund(report)
  await settlePaymentFirst(deps, refund, db)
  const recorded = await changePayment({ ...deps, db }, (change) =>
    recordLocked(deps, change, { report: refund, source, by }),
  )
  const { outRefundNo, outTradeNo } = refund
  if (recorded === 'MISMATCH') {
    deps.metrics.mismatches.inc({ kind: 'REFUND' })
    const remedy = paymentRemedies.mismatch
    deps.log.error({ alarm: 'mismatch', outRefundNo, outTradeNo, remedy }, 'refund mismatch, an operator must decide')
  }
  if (recorded === 'MOVED' && refund.status === 'ABNORMAL') {
    const remedy = paymentRemedies.abnormal
    deps.log.error({ alarm: 'refund', outRefundNo, outTradeNo, remedy }, 'refund ABNORMAL: send it to another account')
  }
  if (recorded === 'MOVED' && refund.status === 'CLOSED')
    deps.log.warn({ outRefundNo, outTradeNo }, 'refund closed by WeChat: the money has stayed here')
  return recorded === 'DISMISSED' ? 'MISMATCH' : recorded
}

/**
 * Adopts a manual refund whose notice was lost, and releases the payment from its hold. The operator reads its number
 * off the merchant platform; the rest is queried at WeChat. Safe to call twice.
 *
 * @throws {WechatPayError} when WeChat knows no such refund, or gives no answer.
 */
export async function adoptRefund(
  deps: Deps,
  { outRefundNo, by }: { outRefundNo: string; by?: By },
): Promise<RefundOutcome> {
  const report = await queryRefund(deps.wechat, { outRefundNo })
  if (by) await recordAct(deps.db, { by, action: 'refunds adopt', number: outRefundNo })
  return recordRefund(deps, { report, source: 'OPERATOR', by })
}

/** A refund's notice may arrive before its payment's: then the payment is queried and settled first. */
async function settlePaymentFirst(deps: Deps, { outTradeNo }: WechatRefund, db: Pick<Tx, 'payment'>): Promise<void> {
  const attempt = await db.payment.findUnique({ where: { sn: outTradeNo } })
  if (attempt && !attempt.paidAt && !attempt.underReviewAt) await queryAndSettle(deps, { attempt, source: 'QUERY' })
}

/** @returns DISMISSED for a mismatch that a person has dismissed: it raises no alert any more. */
async function recordLocked(
  deps: Deps,
  change: Change,
  refundReport: RefundReport,
): Promise<RefundOutcome | 'DISMISSED'> {
  const { report, source } = refundReport
  const { tx } = change
  const payment = await lockPayment(tx, report.outTradeNo)
  const refund = await lockRefund(tx, report.outRefundNo)
  const isOther =
    !payment || isMismatch(report, payment, refund) || (await namesOtherMerchantOrCurrency(tx, report, payment))
  if (isOther || (await isNumberTaken(tx, report))) {
    return (await storeMismatch(tx, { report, source }, payment)) === 'DISMISSED' ? 'DISMISSED' : 'MISMATCH'
  }
  if (refund && (refund.status === report.status || isStale(report, refund))) return 'SAME'
  await writeRefund(tx, report, refund)
  const overtaken = report.status === 'SUCCESS' ? await closeSuperseded(tx, payment, report) : []
  const current = await writePayment(change, payment, refundReport)
  await reopenGuestRefund(deps, change, current, overtaken)
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

/** True when the report contradicts our books: another transaction, amount, payment or state, or more than was paid. */
function isMismatch(report: WechatRefund, payment: Payment, refund: Refund | null): boolean {
  if (!isStorable(report) || payment.transactionId !== report.transactionId) return true
  if (payment.paidTotal !== report.totalFen) return true
  if (refund && (refund.paymentSn !== payment.sn || refund.refundTotal !== report.refundFen)) return true
  if (refund && isStale(report, refund)) return false
  if (refund && refund.status !== report.status && !refundTransitions[refund.status].includes(report.status))
    return true
  const alreadyCounted = refund?.status === 'SUCCESS' ? refund.refundTotal : 0
  const refundedFen = payment.refundedTotal - alreadyCounted + (report.status === 'SUCCESS' ? report.refundFen : 0)
  return refundedFen > (payment.paidTotal ?? 0)
}

/** True when it names another merchant or currency than the payment's, and no operator has decided on such money. */
async function namesOtherMerchantOrCurrency(
  tx: Tx,
  { mchid, currency }: WechatRefund,
  payment: Payment,
): Promise<boolean> {
  if ((mchid ?? payment.mchid) === payment.mchid && (currency ?? 'CNY') === 'CNY') return false
  const decided = await tx.paymentMismatch.count({
    where: {
      paymentSn: payment.sn,
      subject: 'MONEY',
      kind: { in: ['MERCHANT', 'CURRENCY'] },
      resolution: { in: ['ACCEPTED', 'REFUNDED'] },
    },
  })
  return decided === 0
}

/** True when WeChat's `refund_id` belongs to another refund here. */
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

/** Closes our unaccepted refunds of more than this one leaves: WeChat can't have accepted them, and never will. */
function closeSuperseded(tx: Tx, payment: Payment, report: WechatRefund): Promise<Refund[]> {
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
      lastAnswer: `manual refund ${report.outRefundNo} left less than the amount of this one`,
    },
  })
}

/**
 * Opens a refund of the rest for a guest whose refund was closed by {@link closeSuperseded}. A refund of unapplied money
 * needs no successor here: applying the payment opens one.
 */
async function reopenGuestRefund(deps: Deps, change: Change, payment: Payment, overtaken: Refund[]): Promise<void> {
  const byGuest = overtaken.find(({ cause }) => cause === 'GUEST')
  if (byGuest) await openRefund(deps, change, { payment, cause: 'GUEST', reason: byGuest.reason })
}

/** Writes the payment's new facts. A known refund, whatever its status, releases the payment from its hold. */
function writePayment(change: Change, payment: Payment, { report, source, by }: RefundReport): Promise<Payment> {
  const refundedTotal = payment.refundedTotal + (report.status === 'SUCCESS' ? report.refundFen : 0)
  const facts = { refundedTotal, heldAt: null, tradeState: 'REFUND', tradeStateDesc: null }
  return recordChange(change, payment, facts, { source, detail: asJsonValue({ ...report.raw, ...inDetail(by) }) })
}

/** Once, however often it is reported. @returns what was decided about it, if anything. */
async function storeMismatch(
  tx: Tx,
  { report, source }: RefundReport,
  payment: Payment | null,
): Promise<MismatchResolution | null> {
  const { outRefundNo: number, transactionId, status: kind } = report
  const key = { subject: 'REFUND', number, transactionId, kind } as const
  const data = { ...key, source, content: asJsonValue(report.raw), paymentSn: payment?.sn ?? null }
  await tx.paymentMismatch.createMany({ data: [data], skipDuplicates: true })
  return (await tx.paymentMismatch.findFirstOrThrow({ where: key })).resolution
}
