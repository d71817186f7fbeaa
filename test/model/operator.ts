import { retryAbnormalRefund } from '../../src/payment/refund/advance.ts'
import { acceptMismatch, refundMismatch } from '../../src/payment/review/decide.ts'
import { dismissMismatch } from '../../src/payment/review/dismiss.ts'
import { type Act, type Lane, type Life, PRICE_FEN } from './system.ts'
import { attemptsOf, leftFen } from './ledger.ts'
import type { Who } from './steps.ts'

/** What an operator does, here or on the merchant platform. */
export const operatorSteps: [RegExp, Act][] = [
  [
    /^an operator refunds/,
    async (lane, life, { step, who }) => {
      const { sandbox } = lane.app
      for (const outTradeNo of await attemptsOf(lane, life, who)) {
        if (!sandbox.ledger.orders.get(outTradeNo)?.payment || leftFen(lane, outTradeNo) === 0) continue
        sandbox.refundManually({ outTradeNo, ...(step.includes('a part') ? { refundFen: PRICE_FEN / 4 } : {}) })
        life.told[who].add('by hand')
      }
    },
  ],
  [/^an operator tries refunds again$/, (lane) => retryAbnormal(lane)],
  [/^an operator dismisses/, (lane, life, { who }) => dismissAll(lane, life, who)],
  [/^an operator accepts/, (lane, life, { who }) => acceptAll(lane, life, who)],
  [
    /^an operator gives back/,
    async (lane, life, { who }) => {
      for (const mismatchId of await mismatchesOf(lane, life, 'AMOUNT', who)) {
        life.told[who].add('giving up').add('given back')
        await refundMismatch(lane.app.deps, { mismatchId })
      }
    },
  ],
]

/** Has everything dealt with on the merchant platform that was told of a payment and is another's. */
export async function dismissAll(lane: Lane, life: Life, who?: Who): Promise<void> {
  for (const mismatchId of await mismatchesOf(lane, life, 'OTHER_TRANSACTION', who))
    await dismissMismatch(lane.app.deps, { mismatchId })
}

/** Decides for the guest about all money that doesn't fit. */
export async function acceptAll(lane: Lane, life: Life, who?: Who): Promise<void> {
  for (const mismatchId of await mismatchesOf(lane, life, 'AMOUNT', who))
    await acceptMismatch(lane.app.deps, { mismatchId })
}

/** What the operator does about a refund that can't reach the guest. */
export async function retryAbnormal({ app }: Lane): Promise<void> {
  const abnormal = await app.deps.db.refund.findMany({ where: { status: 'ABNORMAL', nextAdvanceAt: { not: null } } })
  for (const { outRefundNo } of abnormal) {
    if (app.sandbox.ledger.refunds.get(outRefundNo)?.status !== 'ABNORMAL') continue
    await retryAbnormalRefund(app.deps, { outRefundNo })
  }
}

async function mismatchesOf(
  lane: Lane,
  life: Life,
  kind: 'AMOUNT' | 'OTHER_TRANSACTION',
  who?: Who,
): Promise<string[]> {
  const paymentSn = { in: await attemptsOf(lane, life, who) }
  const where = { paymentSn, kind, resolution: null }
  return (await lane.app.deps.db.paymentMismatch.findMany({ where })).map(({ id }) => id)
}
