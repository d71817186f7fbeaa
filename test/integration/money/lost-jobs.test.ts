import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { loseJobs } from '../../harness/books.ts'
import { freshTapped, orderOf, paymentOf, payOnPhone, whenOrder, whenPayment } from '../../harness/scene.ts'

/** Every few milliseconds all jobs are gone, and what waited a minute for them has waited it. */
function keepLosingJobs({ deps }: TestApp): () => Promise<void> {
  const over = new AbortController()
  const losing = (async () => {
    while (!over.signal.aborted) {
      await loseJobs(deps)
      await deps.db
        .$executeRaw`UPDATE payment SET "queuedAt" = "queuedAt" - interval '61 s' WHERE version > "appliedVersion"`
      await deps.db.$executeRaw`UPDATE message SET "nextTryAt" = "nextTryAt" - interval '6 s' WHERE status = 'PENDING'`
    }
  })()
  return () => {
    over.abort()
    return losing
  }
}

describe('with every job deleted, all the time', () => {
  test('a payment pays, a refund goes back, late money goes back, and the guests are told', {
    timeout: 60_000,
  }, async ({ app }) => {
    const stop = keepLosingJobs(app)
    await app.startWorkers()
    const [paid, refunded, late] = [await freshTapped(app), await freshTapped(app), await freshTapped(app)]
    await cancelHomestayOrder(app.deps, { userId: late.guest.id, sn: late.order.sn })
    await payOnPhone(app, paid.params)
    await payOnPhone(app, refunded.params)
    app.sandbox.payLate(late.payment.sn)
    const patience = { timeout: 30_000 }
    const state = async (sn: string) => (await orderOf(app.deps, sn)).tradeState

    await expect.poll(() => state(refunded.order.sn), patience).toBe('WAIT_USE')
    await refundHomestayOrder(app.deps, { userId: refunded.guest.id, sn: refunded.order.sn })

    await expect.poll(() => state(paid.order.sn), patience).toBe('WAIT_USE')
    await expect.poll(() => state(refunded.order.sn), patience).toBe('REFUNDED')
    await expect.poll(async () => (await paymentOf(app.deps, late.payment.sn)).status, patience).toBe('REFUNDED')
    const owed = () => app.deps.db.message.count({ where: { status: 'SENT' } })
    await expect.poll(owed, patience).toBe(2 + 3 + 1)
    await stop()
    expect(await state(late.order.sn)).toBe('CANCELLED')
  })

  test('nothing is done twice for jobs that come twice', async ({ app }) => {
    await app.startWorkers()
    const { order, payment, params } = await freshTapped(app)
    await payOnPhone(app, params)
    await whenOrder(app.deps, order.sn, 'WAIT_USE')
    for (let round = 0; round < 3; round++) {
      await app.deps.queue.send('payment-changed', { paymentSn: payment.sn })
    }
    await expect.poll(() => app.sandbox.messages().length, { timeout: 10_000 }).toBe(2)
    expect(await whenPayment(app.deps, payment.sn, 'SUCCESS')).toMatchObject({ version: 2 })
  })
})
