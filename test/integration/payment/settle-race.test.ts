import { cancelUnpaid } from '../../../src/payment/attempt/close.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, type Tapped } from '../../harness/fixtures.ts'
import { race, whileLocked } from '../../harness/race.ts'
import { newTransactionId, paidReport } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

function settling(app: TestApp, { payment }: Tapped, change: Record<string, unknown> = {}) {
  const transaction = paidReport(payment, change)
  return async () => (await settle(app.deps, { transaction, source: 'NOTICE' })).outcome
}

function closing(app: TestApp, { order }: Tapped) {
  return () => cancelUnpaid(app.deps, { serviceType: 'HOMESTAY_ORDER', orderSn: order.sn })
}

function values<Value>(results: PromiseSettledResult<Value>[]): (Value | string)[] {
  return results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason)))
}

describe('settling a payment that is being closed', () => {
  test('settles late money and refunds it in full when the close gets the lock first', async ({ app }) => {
    const tapped = await freshTapped(app)
    const lock = { table: 'payment', key: tapped.payment.sn } as const

    const ends = await race<string>(app, lock, [closing(app, tapped), settling(app, tapped)])

    expect(values(ends)).toEqual(['CANCELLED', 'MOVED'])
    await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })
    expect(await snapshotOf(app.deps, tapped.order.sn)).toMatchObject({
      order: 'CANCELLED',
      paidBy: null,
      payments: [
        {
          status: 'REFUNDING',
          events: [
            '1  PENDING WX_PAY',
            '2 PENDING CLOSED CLOSE',
            '3 CLOSED SUCCESS NOTICE',
            '4 SUCCESS REFUNDING REFUND',
          ],
          refunds: ['UNAPPLIED REQUESTED 12800'],
        },
      ],
    })
  })

  test('pays the order, and closes nothing, when the settlement gets the lock first', async ({ app }) => {
    const tapped = await freshTapped(app)
    const lock = { table: 'payment', key: tapped.payment.sn } as const

    const ends = await race<string>(app, lock, [settling(app, tapped), closing(app, tapped)])

    expect(values(ends)).toEqual(['MOVED', 'PAID'])
    await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })
    expect(await snapshotOf(app.deps, tapped.order.sn)).toMatchObject({
      order: 'WAIT_USE',
      paidBy: 0,
      payments: [{ status: 'SUCCESS', events: ['1  PENDING WX_PAY', '2 PENDING SUCCESS NOTICE'], refunds: [] }],
    })
  })

  test('does not close an attempt when a mismatch gets the lock first', async ({ app }) => {
    const tapped = await freshTapped(app)
    const lock = { table: 'payment', key: tapped.payment.sn } as const
    const mismatch = settling(app, tapped, { payer: { openid: 'o_somebody_else' } })

    const ends = await race<string>(app, lock, [mismatch, closing(app, tapped)])

    expect(values(ends)).toEqual(['MISMATCH', 'UNDER_REVIEW'])
    expect(await snapshotOf(app.deps, tapped.order.sn)).toMatchObject({
      order: 'WAIT_PAY',
      payments: [{ status: 'PENDING', marks: ['underReviewAt', 'prepayIdAt'] }],
    })
  })
})

describe('settling a payment twice at once', () => {
  test('settles a payment once for two reports of one transaction at once', async ({ app }) => {
    const tapped = await freshTapped(app)
    const change = { transaction_id: newTransactionId() }
    const lock = { table: 'payment', key: tapped.payment.sn } as const

    const ends = await race(app, lock, [settling(app, tapped, change), settling(app, tapped, change)])

    expect(values(ends)).toEqual(['MOVED', 'SAME'])
    expect((await snapshotOf(app.deps, tapped.order.sn)).payments).toMatchObject([{ version: 2 }])
  })

  test('settles the first of two transactions at once, and stores a mismatch for the second', async ({ app }) => {
    const tapped = await freshTapped(app)
    const lock = { table: 'payment', key: tapped.payment.sn } as const

    const ends = await race(app, lock, [settling(app, tapped), settling(app, tapped)])

    expect(values(ends)).toEqual(['MOVED', 'OTHER_TRANSACTION'])
    expect(await app.deps.db.paymentMismatch.count()).toBe(1)
  })

  test('stores one mismatch for two equal reports at once, and puts the payment under review once', async ({ app }) => {
    const tapped = await freshTapped(app)
    const change = { transaction_id: newTransactionId(), payer: { openid: 'o_somebody_else' } }
    const lock = { table: 'payment', key: tapped.payment.sn } as const

    const ends = await race(app, lock, [settling(app, tapped, change), settling(app, tapped, change)])

    expect(values(ends)).toEqual(['MISMATCH', 'MISMATCH'])
    expect(await app.deps.db.paymentMismatch.count()).toBe(1)
    expect((await snapshotOf(app.deps, tapped.order.sn)).payments).toMatchObject([{ version: 2 }])
  })

  test('does not settle two payments by one transaction, even at once', async ({ app }) => {
    const [mine, other] = [await freshTapped(app), await freshTapped(app)]
    const change = { transaction_id: newTransactionId() }

    const ended = await whileLocked(app, { table: 'payment', key: mine.payment.sn }, async (waiters) => {
      const first = Promise.allSettled([settling(app, mine, change)()])
      await waiters(1)
      // The other payment isn't locked: it settles this transaction between the first settlement's read and its write.
      expect(await settling(app, other, change)()).toBe('MOVED')
      return () => first
    })

    expect(ended).toMatchObject([{ status: 'rejected' }])
    expect(await settling(app, mine, change)()).toBe('MISMATCH')
    expect((await snapshotOf(app.deps, mine.order.sn)).payments).toMatchObject([
      { status: 'PENDING', marks: ['underReviewAt', 'prepayIdAt'] },
    ])
  })
})
