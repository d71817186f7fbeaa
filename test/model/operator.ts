import { retryAbnormalRefund } from '../../src/payment/refund/advance.ts'
import { acceptMismatch, refundMismatch } from '../../src/payment/review/decide.ts'
import { dismissMismatch } from '../../src/payment/review/dismiss.ts'
import { attemptsOf, refundableFen } from './ledger.ts'
import type { Who } from './steps.ts'
import { type Life, PRICE_FEN, type StepAction, type System } from './system.ts'

/** What an operator does, here or on the merchant platform. */
export const operatorSteps: [RegExp, StepAction][] = [
  [
    /^an operator makes a manual refund/,
    async (system, life, { step, who }) => {
      const { sandbox } = system.app
      for (const outTradeNo of await attemptsOf(system, life, who)) {
        if (!sandbox.ledger.orders.get(outTradeNo)?.payment || refundableFen(system, outTradeNo) === 0) continue
        sandbox.refundManually({ outTradeNo, ...(step.includes('of a part') ? { refundFen: PRICE_FEN / 4 } : {}) })
        life.facts[who].add('manual refund')
      }
    },
  ],
  [/^an operator retries refunds$/, (system) => retryAbnormal(system)],
  [/^an operator dismisses/, (system, life, { who }) => dismissAll(system, life, who)],
  [/^an operator accepts/, (system, life, { who }) => acceptAll(system, life, who)],
  [
    /^an operator refunds the mismatch/,
    async (system, life, { who }) => {
      for (const mismatchId of await mismatchesOf(system, life, 'AMOUNT', who)) {
        life.facts[who].add('abandoned').add('mismatch refunded')
        await refundMismatch(system.app.deps, { mismatchId })
      }
    },
  ],
]

/** Dismisses the other transactions that were reported for a payment, as dealt with on the merchant platform. */
export async function dismissAll(system: System, life: Life, who?: Who): Promise<void> {
  for (const mismatchId of await mismatchesOf(system, life, 'OTHER_TRANSACTION', who))
    await dismissMismatch(system.app.deps, { mismatchId })
}

/** Accepts all money of a wrong amount. */
export async function acceptAll(system: System, life: Life, who?: Who): Promise<void> {
  for (const mismatchId of await mismatchesOf(system, life, 'AMOUNT', who))
    await acceptMismatch(system.app.deps, { mismatchId })
}

/** Retries the refunds that are ABNORMAL. */
export async function retryAbnormal({ app }: System): Promise<void> {
  const abnormal = await app.deps.db.refund.findMany({ where: { status: 'ABNORMAL', nextAdvanceAt: { not: null } } })
  for (const { outRefundNo } of abnormal) {
    if (app.sandbox.ledger.refunds.get(outRefundNo)?.status !== 'ABNORMAL') continue
    await retryAbnormalRefund(app.deps, { outRefundNo })
  }
}

async function mismatchesOf(
  system: System,
  life: Life,
  kind: 'AMOUNT' | 'OTHER_TRANSACTION',
  who?: Who,
): Promise<string[]> {
  const paymentSn = { in: await attemptsOf(system, life, who) }
  const where = { paymentSn, kind, resolution: null }
  return (await system.app.deps.db.paymentMismatch.findMany({ where })).map(({ id }) => id)
}
