import type { Homestay, HomestayOrder, User } from '../../prisma/client/client.ts'
import { createHomestayOrder } from '../../src/order/booking.ts'
import type { BookingInput } from '../../src/order/booking-input.ts'
import type { TestApp } from './app.ts'
import { dayFromNow, orderOf } from './fixtures.ts'

export type Change = Partial<BookingInput>

/** What a client sends to book this homestay for one night ten days from now. */
export function bookingOf(homestay: Pick<Homestay, 'id'>, change: Change = {}): BookingInput {
  return {
    homestayId: homestay.id,
    liveStartDate: dayFromNow(10),
    liveEndDate: dayFromNow(11),
    livePeopleNum: 2,
    needFood: false,
    ...change,
  }
}

/** A new order from day `from` to day `to`, counted from today: one night ten days from now by default. */
export async function bookNights(
  app: TestApp,
  given: { guest: User; homestay: Homestay; from?: number; to?: number; change?: Change },
): Promise<HomestayOrder> {
  const { guest, homestay, from = 10, to = from + 1, change } = given
  const days = { liveStartDate: dayFromNow(from), liveEndDate: dayFromNow(to) }
  const input = bookingOf(homestay, { ...days, ...change })
  const { sn } = await createHomestayOrder(app.deps, { userId: guest.id, ...input })
  return orderOf(app.deps, sn)
}
