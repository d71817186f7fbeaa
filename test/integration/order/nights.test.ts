import type { OrderTradeState } from '../../../prisma/client/enums.ts'
import { createHomestayOrder } from '../../../src/order/booking.ts'
import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { redeemTradeCode } from '../../../src/order/trade-code.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { createRefundLoop } from '../../../src/payment/refund/advance.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { bookingOf, bookNights } from '../../harness/booking.ts'
import {
  givenGuest,
  givenHomestay,
  givenPaid,
  givenTapped,
  orderOf,
  type Tapped,
  whenPayment,
} from '../../harness/fixtures.ts'
import { race } from '../../harness/race.ts'

/** A tapped or paid order, brought to a state by what people and WeChat do. */
async function givenOrderIn(app: TestApp, tradeState: OrderTradeState): Promise<Tapped> {
  if (tradeState === 'WAIT_PAY') return givenTapped(app)
  if (tradeState === 'CANCELLED') {
    const tapped = await givenTapped(app)
    await cancelHomestayOrder(app.deps, { userId: tapped.guest.id, sn: tapped.order.sn })
    return tapped
  }
  const paid = await givenPaid(app)
  const { guest, hostUserId, order } = paid
  if (tradeState === 'USED') await redeemTradeCode(app.deps, { hostUserId, tradeCode: order.tradeCode ?? '' })
  if (tradeState === 'REFUNDING' || tradeState === 'REFUNDED') {
    await refundHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
  }
  if (tradeState === 'REFUNDED') {
    await createRefundLoop(app.deps)()
    await whenPayment(app.deps, paid.payment.sn, 'REFUNDED')
    await applyToOrder(app.deps, { paymentSn: paid.payment.sn })
  }
  return paid
}

describe('the nights of a homestay', () => {
  test('sells a night to one of eight guests at once, and answers HOMESTAY_UNAVAILABLE to the others', async ({
    app,
  }) => {
    const homestay = await givenHomestay(app)
    const guests = await Promise.all(Array.from({ length: 8 }, (_each, index) => givenGuest(app, `o_guest_${index}`)))
    const calls = guests.map(
      (guest) => () => createHomestayOrder(app.deps, { userId: guest.id, ...bookingOf(homestay) }),
    )

    const ended = await race(app, { table: 'homestay', key: homestay.id, strength: 'NO KEY UPDATE' }, calls)

    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const end of ended) {
      if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'HOMESTAY_UNAVAILABLE' })
    }
    expect(await app.deps.db.homestayOrder.count()).toBe(1)
  })

  test('refuses overlapping nights before the database’s constraint does', async ({ app }) => {
    const homestay = await givenHomestay(app)
    const guest = await givenGuest(app)
    await bookNights(app, { guest, homestay, from: 10, to: 13 })
    for (const [from, to] of [
      [9, 11],
      [12, 14],
      [11, 12],
      [5, 20],
      [10, 13],
    ] as const) {
      await expect(bookNights(app, { guest, homestay, from, to })).rejects.toMatchObject({
        code: 'HOMESTAY_UNAVAILABLE',
      })
    }
    await bookNights(app, { guest, homestay, from: 13 })
    await bookNights(app, { guest, homestay, from: 9 })
    await bookNights(app, { guest, homestay: await givenHomestay(app), from: 10, to: 13 })
  })

  test.for<[OrderTradeState, 'held' | 'free']>([
    ['WAIT_PAY', 'held'],
    ['WAIT_USE', 'held'],
    ['USED', 'held'],
    ['REFUNDING', 'held'],
    ['CANCELLED', 'free'],
    ['REFUNDED', 'free'],
  ])('the nights of an order in %s are %s', async ([tradeState, is], { app }) => {
    const { order } = await givenOrderIn(app, tradeState)
    const current = await orderOf(app.deps, order.sn)
    expect(current.tradeState).toBe(tradeState)
    const again = createHomestayOrder(app.deps, {
      userId: (await givenGuest(app, 'o_another')).id,
      ...bookingOf({ id: current.homestayId }),
    })
    if (is === 'held') await expect(again).rejects.toMatchObject({ code: 'HOMESTAY_UNAVAILABLE' })
    else expect(await orderOf(app.deps, (await again).sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
  })
})
