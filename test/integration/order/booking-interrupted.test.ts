import { createHomestayOrder } from '../../../src/order/booking.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { bookingOf } from '../../harness/booking.ts'
import { interruptEverywhere } from '../../harness/cut-connection.ts'
import { givenGuest, givenHomestay } from '../../harness/fixtures.ts'

describe('a booking interrupted at any statement', () => {
  test('is completed by the next one with its key, with one order', async ({ app }) => {
    let guests = 0
    const interruptions = await interruptEverywhere(app, {
      given: async () => ({ guest: await givenGuest(app, `o_${guests++}`), homestay: await givenHomestay(app) }),
      run: (deps, { guest, homestay }) =>
        createHomestayOrder(deps, { userId: guest.id, ...bookingOf(homestay, { idempotencyKey: 'key-1' }) }),
      end: ({ guest }) =>
        app.deps.db.homestayOrder.findMany({
          where: { userId: guest.id },
          select: { tradeState: true, orderTotalPrice: true, idempotencyKey: true },
        }),
    })
    expect(interruptions).toBeGreaterThanOrEqual(4)
  })
})
