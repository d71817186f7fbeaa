import { setTimeout } from 'node:timers/promises'
import type { Deps } from '../../src/deps.ts'
import { retryAbnormalRefund } from '../../src/payment/refund/advance.ts'
import { adoptRefund } from '../../src/payment/refund/record.ts'
import { acceptMismatch, refundMismatch } from '../../src/payment/review/decide.ts'
import { dismissMismatch } from '../../src/payment/review/dismiss.ts'
import { queryByOutTradeNo } from '../../src/wechat/pay.ts'
import { parseTransaction } from '../../src/wechat/transaction.ts'
import type { Evidence } from './evidence.ts'
import type { Town } from './guest.ts'
import type { Random } from './random.ts'

const LOOKS_EVERY_MS = 500

/** Decides about what waits for a person, by the functions behind the operator’s command, until `isOver`. */
export async function operate(
  deps: Deps,
  { random, asked, toAdopt, isOver }: Pick<Town, 'asked' | 'toAdopt'> & { random: Random; isOver: () => boolean },
): Promise<void> {
  while (!isOver()) {
    // The database may be away: then everything waits for the next look.
    await decideMismatches(deps, random, asked).catch(() => {})
    await retryRefunds(deps).catch(() => {})
    await adoptRefunds(deps, toAdopt)
    await setTimeout(LOOKS_EVERY_MS)
  }
}

async function decideMismatches(deps: Deps, random: Random, asked: Evidence['asked']): Promise<void> {
  const undecided = await deps.db.paymentMismatch.findMany({
    where: { OR: [{ resolution: null }, { resolution: 'REJECTED', resolvedAt: null }] },
    include: { payment: { select: { orderSn: true, paidAt: true } } },
  })
  for (const { id: mismatchId, subject, kind, payment, content } of undecided) {
    const isAboutMoney = subject === 'MONEY' && kind === 'AMOUNT' && payment
    try {
      if (!isAboutMoney) {
        // A deferred refund is recorded once its payment is settled.
        if (subject !== 'REFUND' || payment?.paidAt) await dismissMismatch(deps, { mismatchId })
      } else if (!(await isTrue(deps, content))) {
        // The truth is on its way: nothing is decided about a report that WeChat doesn't stand by.
      } else if (random() < 0.5) {
        await acceptMismatch(deps, { mismatchId })
      } else {
        asked.push({ what: 'refund mismatch', orderSn: payment.orderSn, at: Date.now() })
        await refundMismatch(deps, { mismatchId })
      }
    } catch {
      // WeChat or the database gave no answer, or it is resolved: the next look tells.
    }
  }
}

/** Whether WeChat says the same when it is queried, as an operator sees on the merchant platform. */
async function isTrue(deps: Deps, content: unknown): Promise<boolean> {
  const reported = parseTransaction(content as Record<string, unknown>)
  const { totalFen } = await queryByOutTradeNo(deps.wechat, reported)
  return totalFen === reported.totalFen
}

async function adoptRefunds(deps: Deps, toAdopt: string[]): Promise<void> {
  for (const outRefundNo of toAdopt.splice(0)) {
    await adoptRefund(deps, { outRefundNo }).catch(() => void toAdopt.push(outRefundNo))
  }
}

async function retryRefunds(deps: Deps): Promise<void> {
  const abnormal = await deps.db.refund.findMany({ where: { status: 'ABNORMAL' }, select: { outRefundNo: true } })
  for (const { outRefundNo } of abnormal) await retryAbnormalRefund(deps, { outRefundNo }).catch(() => {})
}
