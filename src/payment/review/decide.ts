import type { MismatchResolution } from '../../../prisma/client/enums.ts'
import type { Deps } from '../../deps.ts'
import { NotFoundError } from '../../errors.ts'
import type { Tx } from '../../infra/database.ts'
import { type By, recordAct } from '../../operator/act.ts'
import { WechatPayError } from '../../wechat/errors.ts'
import { queryByOutTradeNo } from '../../wechat/pay.ts'
import { parseTransaction, type WechatTransaction } from '../../wechat/transaction.ts'
import { changePayment } from '../change-payment.ts'
import { applyToOrder } from '../outbox/apply-to-order.ts'
import { payableOf } from '../payable.ts'
import { lockPayment } from '../record.ts'
import { cancelRefunded } from '../refund/decided.ts'
import { paymentRemedies } from '../remedies.ts'
import { isPaid } from '../settlement/rows.ts'
import { settle } from '../settlement/settle.ts'
import { paymentTexts } from '../texts.ts'
import {
  ABOUT_A_PAYMENT,
  decidedBy,
  findMoneyMismatch,
  isUnacceptable,
  type MoneyMismatch,
  resolveCarriedOut,
  resolveUndecided,
  reviewPayment,
} from './mismatch.ts'

/**
 * An operator accepts a mismatch: its money is settled as it is, through `settle` as any other, and applied to its
 * order. Safe to call twice.
 *
 * @returns the decision that holds, which is the first one about this money.
 * @throws {NotFoundError} when there is no such mismatch, or its money can't be the payment's: dismiss it instead.
 * @throws {WechatPayError} when WeChat can't be queried now: the decision is stored, and carried out once WeChat
 *   answers.
 */
export async function acceptMismatch(
  deps: Deps,
  { mismatchId, by }: { mismatchId: string; by?: By },
): Promise<MismatchResolution> {
  const mismatch = await getDecidable(deps.db, mismatchId)
  const decided = await deps.db.$transaction((tx) => decide(tx, mismatch, { resolution: 'ACCEPTED', by }))
  if (decided.resolution === 'ACCEPTED') await carryOut(deps, decided)
  return decided.resolution
}

/**
 * An operator refunds a mismatch: no order takes the payment, so that all of WeChat's `amount.total` is refunded. Its order
 * is cancelled, unless another attempt has money that may pay it. Safe to call twice.
 *
 * @returns as {@link acceptMismatch}; SETTLED when a report that fits has settled the payment before.
 * @throws as {@link acceptMismatch}.
 */
export async function refundMismatch(
  deps: Deps,
  { mismatchId, by }: { mismatchId: string; by?: By },
): Promise<MismatchResolution> {
  const { paymentSn } = await getDecidable(deps.db, mismatchId)
  const { serviceType, orderSn } = await deps.db.payment.findUniqueOrThrow({ where: { sn: paymentSn } })
  const payable = payableOf(deps, serviceType)
  const decided = await deps.db.$transaction(async (tx) => {
    const order = await payable.lock(tx, orderSn)
    const payment = await lockPayment(tx, paymentSn)
    const locked = await getDecidable(tx, mismatchId)
    const first = await decide(tx, locked, { resolution: payment?.paidAt ? 'SETTLED' : 'REFUNDED', by })
    if (first.resolution === 'REFUNDED' && order?.waitsForPayment)
      await cancelRefunded(deps, tx, { serviceType, orderSn })
    return first
  })
  if (decided.resolution === 'REFUNDED') await carryOut(deps, decided)
  return decided.resolution
}

/**
 * Carries out decisions that were stored and not carried out, because the process died or WeChat couldn't be queried,
 * and makes reviews match their mismatches. A decision that can't be carried out raises an alert; the next run tries
 * again.
 *
 * @returns false: there is never more to do at once.
 */
export async function finishDecisions(deps: Deps): Promise<boolean> {
  const decided = await deps.db.paymentMismatch.findMany({
    where: { ...ABOUT_A_PAYMENT, resolution: { in: ['ACCEPTED', 'REFUNDED'] }, resolvedAt: null },
    select: { id: true },
  })
  for (const { id: mismatchId } of decided) {
    try {
      await carryOut(deps, await getDecidable(deps.db, mismatchId))
    } catch (error) {
      const remedy = paymentRemedies.decision
      deps.log.error({ err: error, alarm: 'mismatch', mismatchId, remedy }, 'decision not carried out, trying again')
    }
  }
  await reviewPayments(deps)
  return false
}

/**
 * Corrects payments whose review doesn't match their mismatches. What starts or ends a review may miss a mismatch that
 * is stored at the same time, because the payment's lock doesn't cover mismatches.
 */
async function reviewPayments(deps: Deps): Promise<void> {
  const inconsistent = await deps.db.$queryRaw<{ sn: string }[]>`
    SELECT p.sn FROM payment_mismatch m JOIN payment p ON p.sn = m."paymentSn"
    WHERE m."resolvedAt" IS NULL AND m.subject = 'MONEY'
      AND (p."transactionId" = m."transactionId" OR p."underReviewAt" IS NULL)
    UNION
    SELECT p.sn FROM payment p
    WHERE p."underReviewAt" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM payment_mismatch m
      WHERE m."paymentSn" = p.sn AND m."resolvedAt" IS NULL AND m.subject = 'MONEY')`
  for (const { sn } of inconsistent) {
    await changePayment(deps, async (change) => {
      const payment = await lockPayment(change.tx, sn)
      if (payment) await reviewPayment(change, payment, { reviewed: sn })
    })
  }
}

async function getDecidable(db: Pick<Tx, 'paymentMismatch'>, mismatchId: string): Promise<MoneyMismatch> {
  const found = await findMoneyMismatch(db, mismatchId)
  if (!found || isUnacceptable(found.mismatch, found.payment)) throw new NotFoundError(paymentTexts.underReview)
  return found.mismatch
}

type Decided = MoneyMismatch & { resolution: MismatchResolution }

/** Stores the decision about all of this money, unless one was made before. @returns the mismatch with the one that holds. */
async function decide(
  tx: Tx,
  { id, paymentSn, transactionId }: MoneyMismatch,
  { resolution, by }: { resolution: 'ACCEPTED' | 'REFUNDED' | 'SETTLED'; by?: By },
): Promise<Decided> {
  const isSettled = resolution === 'SETTLED'
  // What a report has settled meanwhile, nobody has decided.
  const kept = isSettled ? { resolution, resolvedAt: new Date() } : { resolution, resolvedAt: null, ...decidedBy(by) }
  const count = await resolveUndecided(tx, { paymentSn, transactionId }, kept)
  if (by && count > 0 && !isSettled) {
    const action = resolution === 'ACCEPTED' ? 'review accept' : 'review refund'
    await recordAct(tx, { by, action, number: paymentSn, detail: { mismatchId: id, transactionId } })
  }
  const decided = await tx.paymentMismatch.findUniqueOrThrow({ where: { id } })
  if (!decided.resolution) throw new Error(`mismatch ${id} is undecided`)
  return { ...decided, paymentSn, resolution: decided.resolution }
}

/** Settles the money and applies it to its order. */
async function carryOut(deps: Deps, mismatch: MoneyMismatch): Promise<void> {
  const { paymentSn, transactionId, content, decidedBy: operator, decidedReason } = mismatch
  const by = operator === null ? undefined : { operator, reason: decidedReason ?? undefined }
  const transaction = await updateTradeState(deps, parseTransaction(content as Record<string, unknown>))
  const { outcome } = await settle(deps, { transaction, source: 'OPERATOR', accept: true, by })
  if (outcome !== 'MOVED' && outcome !== 'SAME') throw new Error(`payment ${paymentSn} can't take it: ${outcome}`)
  await applyToOrder(deps, { paymentSn })
  await deps.db.$transaction((tx) => resolveCarriedOut(tx, { paymentSn, transactionId }))
}

/**
 * The stored report with the transaction's latest `trade_state`: a manual refund may have returned some of the money
 * since, and then the payment goes on hold. Where WeChat has no answer for us, as for another merchant's number, the
 * stored report stands.
 */
async function updateTradeState(deps: Deps, stored: WechatTransaction): Promise<WechatTransaction> {
  const latest = await queryByOutTradeNo(deps.wechat, stored).catch((error: unknown) => {
    const isOurs = stored.mchid === deps.config.wechat.pay.mchid
    if (!(error instanceof WechatPayError) || error.outcomeUnknown || error.action === 'repeat') throw error
    // Not "no answer": a wrong configuration gets corrected, and WeChat answers then.
    if (isOurs && error.action === 'fix-configuration') throw error
    return stored
  })
  if (latest.transactionId !== stored.transactionId || !isPaid(latest)) return stored
  const { tradeState, tradeStateDesc } = latest
  return { ...stored, tradeState, tradeStateDesc, raw: { ...stored.raw, trade_state: tradeState } }
}
