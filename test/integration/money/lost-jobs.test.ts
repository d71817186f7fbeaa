import { setTimeout as sleep } from 'node:timers/promises'
import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, orderOf, paymentOf, payOnPhone, whenOrder, whenPayment } from '../../harness/fixtures.ts'
import { loseJobs } from '../../harness/snapshot.ts'

/**
 * Deletes all jobs at random moments and moves back the times that lost ones wait for: many times a second at first, then
 * less and less often, so that jobs are also done on a slow machine.
 */
function keepLosingJobs({ deps }: TestApp): AsyncDisposable {
  const over = new AbortController()
  const losing = (async () => {
    for (let atMostMs = 100; !over.signal.aborted; atMostMs *= 1.01) {
      await sleep(Math.random() * atMostMs)
      await loseJobs(deps)
      await deps.db
        .$executeRaw`UPDATE payment SET "queuedAt" = "queuedAt" - interval '61 s' WHERE version > "appliedVersion"`
      await deps.db
        .$executeRaw`UPDATE message SET "nextTryAt" = "nextTryAt" - interval '6 s' WHERE "nextTryAt" <= now() + interval '1 ms'`
    }
  })()
  return {
    async [Symbol.asyncDispose]() {
      over.abort()
      await losing
    },
  }
}

describe('with every job deleted again and again', () => {
  test('completes a payment, a refund and late money, with all messages, though jobs keep being deleted', async ({
    app,
  }) => {
    await using _losing = keepLosingJobs(app)
    await app.startWorkers()
    const [paid, refunded, late] = [await freshTapped(app), await freshTapped(app), await freshTapped(app)]
    await cancelHomestayOrder(app.deps, { userId: late.guest.id, sn: late.order.sn })
    await payOnPhone(app, paid.params)
    await payOnPhone(app, refunded.params)
    app.sandbox.payLate(late.payment.sn)
    const sent = (orderSn?: string) => app.deps.db.message.count({ where: { status: 'SENT', orderSn } })
    const state = async (sn: string) => (await orderOf(app.deps, sn)).tradeState

    // First, because messages about a paid order are skipped once it is refunded.
    await expect.poll(() => sent(refunded.order.sn)).toBe(2)
    await refundHomestayOrder(app.deps, { userId: refunded.guest.id, sn: refunded.order.sn })

    await expect.poll(() => state(paid.order.sn)).toBe('WAIT_USE')
    await expect.poll(() => state(refunded.order.sn)).toBe('REFUNDED')
    await expect.poll(async () => (await paymentOf(app.deps, late.payment.sn)).status).toBe('REFUNDED')
    await expect.poll(() => sent()).toBe(2 + 3 + 1)
    expect(await state(late.order.sn)).toBe('CANCELLED')
  })

  test('does nothing twice for duplicate jobs', async ({ app }) => {
    await app.startWorkers()
    const { order, payment, params } = await freshTapped(app)
    await payOnPhone(app, params)
    await whenOrder(app.deps, order.sn, 'WAIT_USE')
    for (let round = 0; round < 3; round++) {
      await app.deps.queue.send('payment-changed', { paymentSn: payment.sn })
    }
    await expect.poll(() => app.sandbox.messages().length).toBe(2)
    expect(await whenPayment(app.deps, payment.sn, 'SUCCESS')).toMatchObject({ version: 2 })
  })
})
