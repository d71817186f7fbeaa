import type { Deps } from '../deps.ts'
import { NotFoundError } from '../errors.ts'
import type { Transaction } from '../infra/database.ts'
import { WechatPayError } from '../wechat/errors.ts'
import { queryByOutTradeNo } from '../wechat/pay.ts'
import { parseTransaction, type Transaction as WechatTransaction } from '../wechat/transaction.ts'
import { followMoney } from './attempts.ts'
import { followPayment } from './follow.ts'
import { ABOUT_MONEY, findMoneyMisfit, isForeign, type MoneyMisfit, type Resolution, reviewDispute } from './misfit.ts'
import { payableOf } from './payable.ts'
import { lockPayment } from './record.ts'
import { isPaid, settle } from './settle.ts'

/**
 * An operator's acceptance of a disputed success: it is settled as it is, through the same door as any other, and its
 * order follows. Safe to call twice.
 *
 * @returns what was decided first about this money; a later decision changes nothing.
 * @throws {NotFoundError} when there is no such misfit, or its money can't be the payment's: dismiss it instead.
 * @throws {WechatPayError} when WeChat can't be asked now: it is decided, and carried out once WeChat answers.
 */
export async function acceptDisputed(deps: Deps, { misfitId }: { misfitId: string }): Promise<Resolution> {
  const misfit = await getDecidable(deps.db, misfitId)
  const decided = await decide(deps.db, misfit, 'ACCEPTED')
  if (decided === 'ACCEPTED') await carryOut(deps, misfit)
  return decided
}

/**
 * An operator's refusal of a disputed success: the order is cancelled, so that the money finds no order and all of
 * WeChat's `amount.total` goes back by the rule for money that no order keeps. Safe to call twice.
 *
 * @returns as {@link acceptDisputed}; SETTLED when a word that fits was faster.
 * @throws as {@link acceptDisputed}.
 */
export async function refundDisputed(deps: Deps, { misfitId }: { misfitId: string }): Promise<Resolution> {
  const { paymentSn } = await getDecidable(deps.db, misfitId)
  const { serviceType, orderSn } = await deps.db.payment.findUniqueOrThrow({ where: { sn: paymentSn } })
  const payable = payableOf(deps, serviceType)
  // An order that another attempt has paid is kept.
  await followMoney(deps, { serviceType, orderSn })
  const { decided, misfit } = await deps.db.$transaction(async (tx) => {
    const order = await payable.lock(tx, orderSn)
    const payment = await lockPayment(tx, paymentSn)
    const locked = await getDecidable(tx, misfitId)
    const first = await decide(tx, locked, payment?.paidAt ? 'SETTLED' : 'REFUNDED')
    if (first === 'REFUNDED' && !payment?.paidAt && order?.waitsForPayment) await payable.cancel(tx, orderSn)
    return { decided: first, misfit: locked }
  })
  if (decided === 'REFUNDED') await carryOut(deps, misfit)
  return decided
}

/**
 * Carries out what was decided by a process that died over it, or while WeChat couldn't be asked, and makes disputes what
 * their misfits say. A decision that can't be carried out rings, and is tried again by the next run.
 *
 * @returns false: what is left can only be tried again later.
 */
export async function finishDecisions(deps: Deps): Promise<boolean> {
  const decided = await deps.db.paymentMisfit.findMany({
    where: {
      ...ABOUT_MONEY,
      resolution: { in: ['ACCEPTED', 'REFUNDED'] satisfies Resolution[] },
      resolvedAt: null,
    },
    select: { id: true },
  })
  for (const { id: misfitId } of decided) {
    try {
      await carryOut(deps, await getDecidable(deps.db, misfitId))
    } catch (error) {
      deps.log.error({ err: error, alarm: 'misfit', misfitId }, 'a decision about disputed money is not carried out')
    }
  }
  await reviewDisputes(deps)
  return false
}

/**
 * Disputes that a word which fits has ended, or a dismissed one begun, without seeing all of it: the payment's lock
 * doesn't cover its misfits.
 */
async function reviewDisputes(deps: Deps): Promise<void> {
  const doubtful = await deps.db.$queryRaw<{ sn: string }[]>`
    SELECT p.sn FROM payment_misfit m JOIN payment p ON p.sn = m."paymentSn"
    WHERE m."resolvedAt" IS NULL AND m.kind NOT LIKE 'REFUND\\_%' AND m.kind <> 'EVENT_TYPE'
      AND (p."transactionId" = m."transactionId" OR p."disputedAt" IS NULL)
    UNION
    SELECT p.sn FROM payment p
    WHERE p."disputedAt" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM payment_misfit m
      WHERE m."paymentSn" = p.sn AND m."resolvedAt" IS NULL AND m.kind NOT LIKE 'REFUND\\_%' AND m.kind <> 'EVENT_TYPE')`
  for (const { sn } of doubtful) {
    const changed = await deps.db.$transaction(async (tx) => {
      const payment = await lockPayment(tx, sn)
      return payment && reviewDispute(tx, payment, { reviewed: sn })
    })
    if (changed) deps.pubsub.publish({ sn, version: changed.version })
  }
}

async function getDecidable(db: Pick<Transaction, 'paymentMisfit'>, misfitId: string): Promise<MoneyMisfit> {
  const found = await findMoneyMisfit(db, misfitId)
  if (!found || isForeign(found.misfit, found.payment)) throw new NotFoundError('disputed payment')
  return found.misfit
}

/** Records the decision about all of this money unless one was made before; @returns the one that holds. */
async function decide(
  db: Pick<Transaction, 'paymentMisfit'>,
  { id, paymentSn, transactionId }: MoneyMisfit,
  resolution: Resolution,
): Promise<Resolution> {
  const resolvedAt = resolution === 'SETTLED' ? new Date() : null
  await db.paymentMisfit.updateMany({
    where: { ...ABOUT_MONEY, paymentSn, transactionId, resolution: null },
    data: { resolution, resolvedAt },
  })
  const decided = await db.paymentMisfit.findUniqueOrThrow({ where: { id } })
  return decided.resolution as Resolution
}

/** Settles the money and lets its order follow. */
async function carryOut(deps: Deps, misfit: MoneyMisfit): Promise<void> {
  const transaction = await findOutSince(deps, parseTransaction(misfit.content as Record<string, unknown>))
  const { outcome } = await settle(deps, { transaction, source: 'OPERATOR' }, { accept: true })
  if (outcome !== 'MOVED' && outcome !== 'SAME')
    throw new Error(`payment ${misfit.paymentSn} can't take it: ${outcome}`)
  await followPayment(deps, misfit.paymentSn)
  const { paymentSn, transactionId } = misfit
  await deps.db.paymentMisfit.updateMany({
    where: { ...ABOUT_MONEY, paymentSn, transactionId, resolvedAt: null },
    data: { resolvedAt: new Date() },
  })
}

/**
 * What was told, with what has become of the money since: some of it may have gone back by hand, and then the payment is
 * held. What WeChat doesn't tell us, as of a number of another merchant's, stays as it was told.
 */
async function findOutSince(deps: Deps, told: WechatTransaction): Promise<WechatTransaction> {
  const now = await queryByOutTradeNo(deps.wechat, told).catch((error: unknown) => {
    const isOurs = told.mchid === deps.config.wechat.pay.mchid
    if (!(error instanceof WechatPayError) || error.outcomeUnknown || error.action === 'repeat') throw error
    // Mended soon, and until then nobody knows.
    if (isOurs && error.action === 'fix-configuration') throw error
    return told
  })
  if (now.transactionId !== told.transactionId || !isPaid(now)) return told
  const { tradeState, tradeStateDesc } = now
  return { ...told, tradeState, tradeStateDesc, raw: { ...told.raw, trade_state: tradeState } }
}
