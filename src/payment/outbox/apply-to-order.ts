import type { Payment } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { databaseNow, type Transaction } from '../infra/database.ts'
import { payableOf } from './payable.ts'
import { lockPayment } from './record.ts'
import { openRefund } from './refund.ts'
import { takeWaitingRefunds } from './waiting-refunds.ts'

/**
 * Makes what a payment pays for follow it. Total and level-triggered: reads the payment as it is, so it may be called
 * late, repeatedly, at once, or for a change that was followed before. Money that no order keeps is refunded in full by
 * the same transaction that finds it out.
 */
export async function followPayment(deps: Deps, paymentSn: string): Promise<void> {
  // What went back during a dispute is known before the order is given for the money.
  await takeWaitingRefunds(deps, paymentSn)
  const { serviceType, orderSn } = await deps.db.payment.findUniqueOrThrow({ where: { sn: paymentSn } })
  const payable = payableOf(deps, serviceType)
  const hint = await deps.db.$transaction(async (tx) => {
    await payable.lock(tx, orderSn)
    const payment = await lockPayment(tx, paymentSn)
    if (!payment) throw new Error(`payment ${paymentSn} vanished`)
    let changed: Payment | null = null
    if (payment.paidAt) {
      const verdict = await payable.follow(tx, payment)
      if (verdict === 'UNKEPT') changed = await giveBack(deps, tx, payment)
      else await askOtherAttempts(tx, payment)
    }
    await tx.payment.update({ where: { sn: paymentSn }, data: { appliedVersion: payment.version } })
    return changed
  })
  if (hint) deps.pubsub.publish({ sn: paymentSn, version: hint.version })
}

/** Opens a refund of all that is left of money that no order keeps, or has the guest told once it went back. */
async function giveBack(deps: Deps, tx: Transaction, payment: Payment): Promise<Payment | null> {
  if (payment.status === 'REFUNDED') {
    await payableOf(deps, payment.serviceType).tellRefunded(tx, payment)
    return null
  }
  // Held: WeChat refunded something that we don't know yet; asking for all of it would be refused.
  if (payment.heldAt) return null
  return openRefund(deps, tx, payment, { cause: 'UNKEPT', reason: '订单已关闭，退还款项' })
}

/** Another attempt for the order may still be payable at WeChat: it is asked about, and closed, at once. */
async function askOtherAttempts(tx: Transaction, { sn, serviceType, orderSn }: Payment): Promise<void> {
  await tx.payment.updateMany({
    where: { serviceType, orderSn, status: 'PENDING', sn: { not: sn } },
    data: { nextAskAt: await databaseNow(tx) },
  })
}
