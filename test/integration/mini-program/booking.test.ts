import { orderTexts } from '../../../src/order/texts.ts'
import { describe, expect, type TestApp } from '../../harness/app.ts'
import { bookNights } from '../../harness/booking.ts'
import { dayFromNow, givenGuest } from '../../harness/fixtures.ts'
import { openHomestay } from './journey.ts'
import { type Person, test } from './person.ts'

/** Another guest books a night, so many days from now. */
async function bookElsewhere(app: TestApp, from: number): Promise<void> {
  const homestay = await app.deps.db.homestay.findUniqueOrThrow({ where: { id: 'demo-homestay-01' } })
  await bookNights(app, { guest: await givenGuest(app, `o_other_${from}`), homestay, from })
}

function isOpen(guest: Person, day: string): boolean {
  return guest.screen().find(`day-${day}`)?.getAttribute('aria-disabled') === false
}

describe('the calendar of examples/mini-program', () => {
  test('offers the nights that are free: a taken one can’t be arrived on, but left on', async ({ app, openPhone }) => {
    await app.startWorkers()
    const guest = await openPhone('o_guest')
    await bookElsewhere(app, 5)
    await openHomestay(guest, dayFromNow(3))

    expect([4, 5, 6].map((day) => isOpen(guest, dayFromNow(day)))).toEqual([true, false, true])
    guest.tap(`day-${dayFromNow(5)}`)
    expect(guest.screen().texts()).toContain('请选择入住的日子')
    guest.tap(`day-${dayFromNow(3)}`)
    expect([5, 7].map((day) => isOpen(guest, dayFromNow(day)))).toEqual([true, true])
    guest.tap(`day-${dayFromNow(5)}`)
    guest.tap('book')

    await expect.poll(() => guest.screen().route).toBe('pages/pay/pay')
    await expect.poll(() => guest.screen().texts()).toContain('¥936')
  })

  test('says in Chinese that somebody was faster, and offers what is free now', async ({ app, openPhone }) => {
    const guest = await openPhone('o_guest')
    await openHomestay(guest, dayFromNow(3))
    guest.tap(`day-${dayFromNow(3)}`)
    guest.tap(`day-${dayFromNow(4)}`)
    await bookElsewhere(app, 3)

    guest.tap('book')

    await expect.poll(() => guest.screen().texts()).toContain(orderTexts.nightsTaken.zh)
    expect(isOpen(guest, dayFromNow(3))).toBe(false)
    expect(guest.screen().texts()).toContain('请选择入住的日子')
  })
})

describe('the list of examples/mini-program', () => {
  test('says that there is no network, and loads when asked again', async ({ openPhone }) => {
    const guest = await openPhone('o_guest')
    guest.fake.hide()
    await guest.openTab('pages/stays/stays')
    await expect.poll(() => guest.screen().texts()).toContain('网络不给力，请稍后再试')
    guest.fake.show()

    guest.tap('again')

    await expect.poll(() => guest.screen().texts()).toContain('双廊海景大床房')
    expect(guest.screen().texts()).not.toContain('网络不给力，请稍后再试')
  })
})
