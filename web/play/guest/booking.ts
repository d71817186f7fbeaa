import { dayOf } from '../../kit/figures.ts'
import { addDays, daysFrom } from '../../kit/format.ts'
import type { Api } from '../api/api.ts'
import type { Homestay, Night, Order } from '../api/types.ts'
import { type ShownFailure, shown } from '../failure.tsx'
import { randomName } from '../random-name.ts'
import { type Failure, t } from '../text.ts'

/** How many nights are offered, starting with tomorrow's. */
const NIGHTS_OFFERED = 60
const MOST_NIGHTS = 7

/** A booking being made. */
export interface Booking {
  homestay: Homestay
  /** The nights that the calendar shows, as the server has answered last; undefined while it is asked first. */
  offered: readonly Night[] | undefined
  /** Empty while no night is known to be free. */
  arrival: string
  nights: number
  people: number
  food: boolean
  /** The same booking, sent again, gives the same order. */
  key: string
}

export function startBooking(homestay: Homestay): Booking {
  const people = Math.min(2, homestay.peopleNum)
  return { homestay, offered: undefined, arrival: '', nights: 2, people, food: false, key: randomName(24) }
}

export async function readOffered(api: Api, { id }: Homestay): Promise<readonly Night[]> {
  const from = addDays(dayOf(new Date()), 1)
  return (await api.call('homestayAvailability', { id, from, to: addDays(from, NIGHTS_OFFERED) })) ?? []
}

/**
 * The booking with the first free nights from `earliest` on, else with free ones before; fewer nights where so many are
 * free nowhere. Not tomorrow's by default: the guest can have a refund until the day of arrival begins.
 */
export function suggestStay(
  booking: Booking,
  offered: readonly Night[],
  earliest = offered[1]?.date ?? '',
): Booking & { offered: readonly Night[] } {
  const free = offered.filter((night) => night.free)
  const byWish = [...free.filter(({ date }) => date >= earliest), ...free.filter(({ date }) => date < earliest)]
  const isLongEnough = ({ date }: Night) => mostNights({ offered, arrival: date }) >= booking.nights
  const arrival = (byWish.find(isLongEnough) ?? byWish[0])?.date ?? ''
  return { ...fitNights({ ...booking, arrival }, offered), offered }
}

/** The booking with these changes, and no more nights than are free from its arrival on. */
export function changeStay(booking: Booking, changes: Partial<Booking>): Booking {
  return fitNights({ ...booking, ...changes }, booking.offered ?? [])
}

function fitNights(booking: Booking, offered: readonly Night[]): Booking {
  const most = mostNights({ offered, arrival: booking.arrival })
  return { ...booking, nights: Math.max(1, Math.min(booking.nights, most)) }
}

/** How many nights can be had from the day of arrival on, within what a booking may have. */
export function mostNights({ offered = [], arrival }: Pick<Booking, 'offered' | 'arrival'>): number {
  const from = offered.findIndex(({ date }) => date === arrival)
  if (from < 0) return 0
  const wished = offered.slice(from, from + MOST_NIGHTS)
  const taken = wished.findIndex(({ free }) => !free)
  return taken < 0 ? wished.length : taken
}

/** The order, or why there is none; with other nights to try where these are taken. */
export async function book(
  api: Api,
  booking: Booking,
): Promise<{ order: Order } | { failure: ShownFailure; booking?: Booking }> {
  const { homestay, arrival, nights, people, food, key } = booking
  const input = {
    homestayId: homestay.id,
    liveStartDate: arrival,
    liveEndDate: addDays(arrival, nights),
    livePeopleNum: people,
    needFood: food,
    idempotencyKey: key,
  }
  const result = await api.call('createHomestayOrder', { input })
  if ('sn' in result) return { order: result }
  const failure: Failure = result
  if (failure.code !== 'HOMESTAY_UNAVAILABLE') return { failure: shown(failure) }
  const moved = suggestStay({ ...booking, key: randomName(24) }, await readOffered(api, homestay), arrival)
  const { text, requestId } = shown(failure)
  return { booking: moved, failure: { text: moved.arrival === '' ? text : `${text} ${t('moved')}`, requestId } }
}

/** The expected price of a booking, in fen; the order has the actual one. */
export function priceOf({ homestay, offered = [], arrival, nights, people, food }: Booking) {
  const heads = homestay.pricedBy === 'PERSON_NIGHT' ? people : 1
  const stay = new Set(daysFrom(arrival, addDays(arrival, nights)))
  const prices = offered.filter(({ date }) => stay.has(date)).map(({ homestayPrice }) => homestayPrice * heads)
  const stayFen = prices.reduce((sum, price) => sum + price, 0)
  const mealsFen = food ? homestay.foodPrice * people * nights : 0
  return { stayFen, mealsFen, totalFen: stayFen + mealsFen }
}
