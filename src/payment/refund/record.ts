import type { Payment, Refund } from '../../prisma/client/client.ts'
import type { EventSource } from '../../prisma/client/enums.ts'
import type { Deps } from '../deps.ts'
import { asJsonValue, databaseNow, type Transaction } from '../infra/database.ts'
import type { Refund as WechatRefund } from '../wechat/transaction.ts'
import { learn } from './learn.ts'
import { lockPayment, recordChange } from './record.ts'
import { openRefund } from './refund.ts'
import { refundTransitions } from './state.ts'
import { asStorable, isBookable } from './told-refund.ts'

/** What a fact about a refund did: moved it, found it as told, or was stored for a person. */
export type Applied = 'MOVED' | 'SAME' | 'MISFIT'

/**
 * Takes WeChat's verified word about a refund, by notice or by answer; the door for refunds that {@link settle} is for
 * money. A refund made by hand on the merchant platform is taken over. What breaks our books is stored for a person.
 * Safe to call any number of times, at once and in any order.
 *
 * @throws when nothing could be committed; then WeChat must repeat, or we ask again.
 */
export async function applyRefund(deps: Deps, word: WechatRefund, source: EventSource): Promise<Applied> {
  const told = asStorable(word)
  await learnOvertakenPayment(deps, told)
  const { applied, changed } = await deps.db.$transaction(async (tx) => {
    const payment = await lockPayment(tx, told.outTradeNo)
    const refund = await lockRefund(tx, told.outRefundNo)
    if (!payment || misfitOf(told, payment, refund) || (await isNumberTaken(tx, told))) {
      await storeMisfit(tx, told, source, payment)
      return { applied: 'MISFIT' as const, changed: null }
    }
    if (refund && (refund.status === told.status || isStale(told, refund))) {
      return { applied: 'SAME' as const, changed: null }
    }
    await writeRefund(tx, told, refund)
    const overtaken = told.status === 'SUCCESS' ? await closeOvertaken(tx, payment, told) : []
    const recorded = await recordRefund(tx, payment, told, source)
    return { applied: 'MOVED' as const, changed: await askAgainFor(deps, tx, recorded, overtaken) }
  })
  if (applied === 'MISFIT') {
    deps.metrics.misfits.inc({ kind: 'REFUND' })
    const { outRefundNo, outTradeNo } = told
    deps.log.error({ alarm: 'misfit', outRefundNo, outTradeNo }, 'a refund that does not fit waits for an operator')
  }
  if (applied === 'MOVED' && told.status === 'ABNORMAL') {
    const { outRefundNo, outTradeNo } = told
    deps.log.error({ alarm: 'refund', outRefundNo, outTradeNo }, 'a refund can not reach the guest: try another way')
  }
  if (changed) deps.pubsub.publish({ sn: changed.sn, version: changed.version })
  return applied
}

/** A refund's notice may overtake its payment's: then the payment is asked about first. */
async function learnOvertakenPayment(deps: Deps, told: WechatRefund): Promise<void> {
  const payment = await deps.db.payment.findUnique({ where: { sn: told.outTradeNo } })
  if (payment && !payment.paidAt && !payment.disputedAt) await learn(deps, payment, 'QUERY')
}

async function lockRefund(tx: Transaction, outRefundNo: string): Promise<Refund | null> {
  await tx.$queryRaw`SELECT 1 FROM refund WHERE "outRefundNo" = ${outRefundNo} FOR UPDATE`
  return tx.refund.findUnique({ where: { outRefundNo } })
}

/** A word from before the refund's end, which was faster than it. */
function isStale(told: WechatRefund, refund: Refund): boolean {
  return refund.endedAt !== null && (told.status === 'PROCESSING' || told.status === 'ABNORMAL')
}

/** True when the fact doesn't fit our books. */
function misfitOf(told: WechatRefund, payment: Payment, refund: Refund | null): boolean {
  if (!isBookable(told) || payment.transactionId !== told.transactionId) return true
  if (refund && (refund.paymentSn !== payment.sn || refund.refundTotal !== told.refundFen)) return true
  if (refund && isStale(told, refund)) return false
  if (refund && refund.status !== told.status && !refundTransitions[refund.status].includes(told.status)) return true
  const alreadyCounted = refund?.status === 'SUCCESS' ? refund.refundTotal : 0
  const refundedFen = payment.refundedTotal - alreadyCounted + (told.status === 'SUCCESS' ? told.refundFen : 0)
  return refundedFen > (payment.paidTotal ?? 0)
}

/** True when WeChat's number belongs to another refund here. */
async function isNumberTaken(tx: Transaction, { refundId, outRefundNo }: WechatRefund): Promise<boolean> {
  return (await tx.refund.count({ where: { refundId, outRefundNo: { not: outRefundNo } } })) > 0
}

async function writeRefund(tx: Transaction, told: WechatRefund, refund: Refund | null): Promise<void> {
  const ended = told.status === 'SUCCESS' || told.status === 'CLOSED'
  const facts = {
    status: told.status,
    refundId: told.refundId,
    userReceivedAccount: told.userReceivedAccount ?? null,
    payerRefund: told.payerRefundFen ?? null,
    successTime: told.successTime ?? null,
    endedAt: ended ? new Date() : null,
    ...(ended ? { nextAskAt: null } : {}),
  }
  const { outRefundNo } = told
  if (refund) {
    await tx.refund.update({ where: { outRefundNo }, data: facts })
    return
  }
  const made = { outRefundNo, paymentSn: told.outTradeNo, cause: 'BY_HAND', refundTotal: told.refundFen } as const
  await tx.refund.create({ data: { nextAskAt: ended ? null : await databaseNow(tx), ...facts, ...made } })
}

/** Ends our own refunds that ask for more than this one leaves: WeChat can't have taken them, and never will. */
function closeOvertaken(tx: Transaction, payment: Payment, told: WechatRefund): Promise<Refund[]> {
  const leftFen = (payment.paidTotal ?? 0) - payment.refundedTotal - told.refundFen
  return tx.refund.updateManyAndReturn({
    where: {
      paymentSn: payment.sn,
      outRefundNo: { not: told.outRefundNo },
      status: 'REQUESTED',
      refundTotal: { gt: leftFen },
    },
    data: {
      status: 'CLOSED',
      endedAt: new Date(),
      nextAskAt: null,
      lastAnswer: `refund ${told.outRefundNo}, made by hand, left less than this one asks for`,
    },
  })
}

/**
 * A guest whose refund was overtaken still wants the rest back. What the rule demands is opened anew when its payment is
 * followed.
 */
async function askAgainFor(deps: Deps, tx: Transaction, payment: Payment, overtaken: Refund[]): Promise<Payment> {
  const asked = overtaken.find(({ cause }) => cause === 'GUEST')
  if (!asked) return payment
  return (await openRefund(deps, tx, payment, { cause: 'GUEST', reason: asked.reason })) ?? payment
}

/** The payment's new facts. A refund that is known, whatever becomes of it, ends the hold that waited for it. */
function recordRefund(tx: Transaction, payment: Payment, told: WechatRefund, source: EventSource): Promise<Payment> {
  const refundedTotal = payment.refundedTotal + (told.status === 'SUCCESS' ? told.refundFen : 0)
  const facts = { refundedTotal, heldAt: null, tradeState: 'REFUND', tradeStateDesc: null }
  return recordChange(tx, payment, facts, { source, detail: asJsonValue(told.raw) })
}

async function storeMisfit(tx: Transaction, told: WechatRefund, source: EventSource, payment: Payment | null) {
  const { outRefundNo: number, transactionId } = told
  const kind = `REFUND_${told.status}`
  const content = asJsonValue(told.raw)
  const row = { number, transactionId, kind, source, content, paymentSn: payment?.sn ?? null }
  await tx.paymentMisfit.createMany({ data: [row], skipDuplicates: true })
}
