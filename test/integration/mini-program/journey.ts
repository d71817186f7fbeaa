import { addDays } from '../../../examples/mini-program/src/format.ts'
import { expect } from '../../harness/app.ts'
import { dayFromNow } from '../../harness/fixtures.ts'
import type { Person } from './person.ts'

const HOMESTAY = 'demo-homestay-01'

/** From the list to the demo's first homestay, with its calendar. */
export async function openHomestay(guest: Person, arrival: string): Promise<void> {
  await expect.poll(() => guest.screen().find(`stay-${HOMESTAY}`)).toBeTruthy()
  guest.tap(`stay-${HOMESTAY}`)
  await expect.poll(() => guest.screen().find(`day-${arrival}`)).toBeTruthy()
  await expect.poll(() => guest.screen().find('food')).toBeTruthy()
}

/** From the list to the payment of two nights with meals for two. */
export async function bookTwoNights(guest: Person, arrival: string): Promise<void> {
  await openHomestay(guest, arrival)
  guest.tap(`day-${arrival}`)
  guest.tap(`day-${addDays(arrival, 2)}`)
  guest.screen().trigger('food', 'change', { value: true })
  guest.tap('book')
  await expect.poll(() => guest.screen().find('pay')).toBeTruthy()
  await guest.whenAnswered('messageTemplates')
}

/** A guest on the page that pays. */
export async function openBooked(openPhone: (openid: string) => Promise<Person>): Promise<Person> {
  const guest = await openPhone('o_guest')
  await bookTwoNights(guest, dayFromNow(3))
  return guest
}
