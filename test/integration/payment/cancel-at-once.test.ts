import { cancelAtOnce } from '../../../src/payment/attempt/cancel-at-once.ts'
import { cancelUnpaid } from '../../../src/payment/attempt/close.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { closingCarefully } from '../../harness/careful.ts'
import { freshOrder, freshTapped, givenPaid, paymentOf, tap } from '../../harness/fixtures.ts'
import { race, whileLocked } from '../../harness/race.ts'
import { paidReport } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

const keyOf = ({ sn: orderSn }: { sn: string }) => ({ serviceType: 'HOMESTAY_ORDER', orderSn })

/** What a cancellation leaves, with how long after the close the attempt is rechecked. */
async function endOf({ deps }: TestApp, orderSn: string) {
  const attempts = await deps.db.payment.findMany({ where: { orderSn }, include: { events: true } })
  const order = await deps.db.homestayOrder.findUniqueOrThrow({ where: { sn: orderSn } })
  return {
    ...(await snapshotOf(deps, orderSn)),
    nextCloseAt: order.nextCloseAt,
    attempts: attempts.map(({ closedAt, nextRecheckAt, tradeState, tradeStateDesc, events }) => ({
      recheckAfterMs: Number(nextRecheckAt) - Number(closedAt),
      tradeState,
      tradeStateDesc,
      hasDetail: events.map(({ detail }) => JSON.stringify(detail).includes('prepayId')),
    })),
  }
}

describe('an order that is cancelled at once', () => {
  test.for([
    ['with an attempt', freshTapped],
    ['that was never tapped', freshOrder],
  ] as const)('leaves what the careful way leaves, %s', async ([, given], { app }) => {
    const [atOnce, careful] = [await given(app), await given(app)]
    const hints: unknown[] = []
    app.deps.pubsub.subscribe((hint) => void hints.push(hint))

    expect(await cancelUnpaid(app.deps, keyOf(atOnce.order))).toBe('CANCELLED')
    expect(await cancelUnpaid(closingCarefully(app.deps), keyOf(careful.order))).toBe('CANCELLED')

    const end = await endOf(app, atOnce.order.sn)
    expect(end).toMatchObject({ order: 'CANCELLED', nextCloseAt: null, jobs: [] })
    expect(end).toEqual(await endOf(app, careful.order.sn))
    const attempts = await app.deps.db.payment.findMany({ orderBy: { createdAt: 'asc' } })
    await expect.poll(() => hints).toEqual(expect.arrayContaining(attempts.map(({ sn, version }) => ({ sn, version }))))
  })
})

describe('what cancelling at once leaves alone', () => {
  test('leaves an order whose attempt got its prepay after it was read', async ({ app }) => {
    const { order, payment } = await freshTapped(app)
    const before = await snapshotOf(app.deps, order.sn)
    expect(await cancelAtOnce(app.deps, keyOf(order), { sn: payment.sn, prepayId: null })).toBe(false)
    expect(await snapshotOf(app.deps, order.sn)).toEqual(before)
  })

  test('leaves an order that got its first attempt after it was read', async ({ app }) => {
    const { order } = await freshTapped(app)
    const before = await snapshotOf(app.deps, order.sn)
    expect(await cancelAtOnce(app.deps, keyOf(order), null)).toBe(false)
    expect(await snapshotOf(app.deps, order.sn)).toEqual(before)
  })

  test('leaves an order that is paid, and one whose money is not applied yet', async ({ app }) => {
    const paid = await givenPaid(app)
    expect(await cancelAtOnce(app.deps, keyOf(paid.order), await paymentOf(app.deps, paid.payment.sn))).toBe(false)

    const settled = await freshTapped(app)
    await settle(app.deps, { transaction: paidReport(settled.payment), source: 'NOTICE' })
    expect(await cancelAtOnce(app.deps, keyOf(settled.order), settled.payment)).toBe(false)
    expect((await snapshotOf(app.deps, settled.order.sn)).order).toBe('WAIT_PAY')
  })

  test('never cancels an order beside an attempt that is made in the same moment', async ({ app }) => {
    const booked = await freshOrder(app)

    const [, cancelled] = await race<unknown>(app, { table: 'homestay_order', key: booked.order.sn }, [
      () => tap(app.deps, booked),
      () => cancelAtOnce(app.deps, keyOf(booked.order), null),
    ])

    const { order, payments } = await snapshotOf(app.deps, booked.order.sn)
    const isCancelled = cancelled?.status === 'fulfilled' && cancelled.value === true
    expect([order, payments.map(({ status }) => status)]).toEqual(
      isCancelled ? ['CANCELLED', []] : ['WAIT_PAY', ['PENDING']],
    )
  })

  test('leaves an order whose attempt is paid while it waits for the lock', async ({ app }) => {
    const { order, payment } = await freshTapped(app)

    const cancelled = await whileLocked(app, { table: 'homestay_order', key: order.sn }, async (waiters) => {
      const cancelling = cancelAtOnce(app.deps, keyOf(order), payment)
      await waiters(1)
      await settle(app.deps, { transaction: paidReport(payment), source: 'NOTICE' })
      return () => cancelling
    })

    expect(cancelled).toBe(false)
    expect(await snapshotOf(app.deps, order.sn)).toMatchObject({
      order: 'WAIT_PAY',
      payments: [{ status: 'SUCCESS', version: 2 }],
    })
  })
})
