import { createHomestayOrder } from '../../src/order/booking.ts'
import type { TestApp } from '../harness/app.ts'
import { bookAsGuest, canRunBrowser, describe, desktop, expect, test, type Visit } from './fixtures.ts'

/** The first homestay of the list. */
const HOMESTAY = 'demo-homestay-09'

function dayAfter(day: string, count = 1): string {
  return new Date(Date.parse(day) + count * 86_400_000).toISOString().slice(0, 10)
}

/** Somebody else books nights there. */
async function bookFor({ deps }: TestApp, { arrival, nights = 1 }: { arrival: string; nights?: number }) {
  const { id: userId } = await deps.db.user.create({ data: { nickname: '先来的' } })
  await createHomestayOrder(deps, {
    userId,
    homestayId: HOMESTAY,
    liveStartDate: arrival,
    liveEndDate: dayAfter(arrival, nights),
    livePeopleNum: 1,
    needFood: false,
  })
}

/** Opens the homestay. @returns the days of its calendar. */
async function openStay({ page }: Visit): Promise<string[]> {
  await page.locator(`#stay-${HOMESTAY}`).click()
  await page.locator('#book').or(page.locator('.empty')).waitFor()
  return page.evaluate<string[]>(`[...document.querySelectorAll('.day input')].map(({ value }) => value)`)
}

/** The day of arrival. */
function chosen({ page }: Visit): Promise<string> {
  return page.locator('.day input:checked').inputValue()
}

describe('the calendar', { skip: !canRunBrowser() }, () => {
  test.override({ device: { ...desktop, locale: 'en-US' } })

  test('two free nights are suggested: from sign-in to a booking takes three taps', async ({ visit }) => {
    const { page, app } = visit
    await page.locator('#sign-in').click()
    const days = await openStay(visit)
    expect(days).toHaveLength(60)
    const [, second = '', third = ''] = days
    await page.locator('#back').click()
    await bookFor(app, { arrival: third })
    await openStay(visit)
    expect(await chosen(visit)).toBe(dayAfter(third))
    expect(await page.locator('.day.taken input').inputValue()).toBe(third)
    await page.locator('#book').click()
    await page.locator('#pay').waitFor()
    expect(await app.deps.db.homestayOrder.count({ where: { liveStartDate: new Date(second) } })).toBe(0)
  })

  test('a taken night can not be chosen, and a stay ends before it', async ({ visit }) => {
    const { page, app } = visit
    await page.locator('#sign-in').click()
    const days = await openStay(visit)
    await page.locator('#back').click()
    const [free = '', taken = ''] = days.slice(10)
    await bookFor(app, { arrival: taken })
    await openStay(visit)
    const day = page.locator(`#day-${taken}`)
    expect(await day.isDisabled()).toBe(true)
    expect(await day.getAttribute('aria-label')).toMatch(/^\w+, \w+ \d+, taken$/)
    await page.locator(`#day-${free}`).check()
    expect(await page.locator('#nights').innerText()).toBe('1')
    expect(await page.locator('#nights-more').isDisabled()).toBe(true)
    await page.locator('#book').click()
    await page.locator('#pay').waitFor()
  })

  test('each free night has its price, for the eye and for a screen reader, and the stay costs their sum', async ({
    visit,
  }) => {
    const { page, app } = visit
    const { homestayPrice } = await app.deps.db.homestay.findUniqueOrThrow({ where: { id: HOMESTAY } })
    const price = `¥${homestayPrice / 100}`
    await page.locator('#sign-in').click()
    await openStay(visit)
    const prices = await page.locator('.day-price').allInnerTexts()
    expect(new Set(prices)).toEqual(new Set([price]))
    const name = await page.locator('.day input:checked').getAttribute('aria-label')
    expect(name).toMatch(/^(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \w+ \d+, ¥\d+$/)
    expect(name).toContain(price)
    expect(await page.locator('.facts dd').first().innerText()).toBe(`¥${(homestayPrice * 2) / 100}`)
  })

  test('the arrow keys move by days and by weeks, over taken nights', async ({ visit }) => {
    const { page, app } = visit
    await page.locator('#sign-in').click()
    await openStay(visit)
    const start = await chosen(visit)
    await page.locator('#back').click()
    await bookFor(app, { arrival: dayAfter(start, 7) })
    await bookFor(app, { arrival: dayAfter(start, 15) })
    await openStay(visit)
    await page.locator('.day input:checked').focus()
    await page.keyboard.press('ArrowDown')
    expect(await chosen(visit)).toBe(dayAfter(start, 14))
    await page.keyboard.press('ArrowRight')
    expect(await chosen(visit)).toBe(dayAfter(start, 16))
    expect(await page.evaluate('document.activeElement.value')).toBe(dayAfter(start, 16))
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowUp')
    expect(await chosen(visit)).toBe(start)
    await page.keyboard.press('ArrowUp')
    expect(await chosen(visit), 'there is no earlier week').toBe(start)
  })

  test('nights that an unpaid order holds are taken, until it is cancelled', async ({ visit }) => {
    const { page } = visit
    await bookAsGuest(visit)
    await page.locator('#tab-stays').click()
    await openStay(visit)
    expect(await page.locator('.day.taken').count()).toBe(2)
    await page.locator('#back').click()
    await page.locator('#tab-orders').click()
    await page.locator('.order-row').click()
    await page.locator('#cancel').click()
    await page.locator('#another').click()
    await openStay(visit)
    expect(await page.locator('.day.taken').count()).toBe(0)
  })

  test('the page says when somebody else has booked the nights meanwhile, and offers the next free ones', async ({
    visit,
  }) => {
    const { page, app } = visit
    await page.locator('#sign-in').click()
    await openStay(visit)
    const arrival = await chosen(visit)
    await bookFor(app, { arrival })
    await page.locator('#book').click()
    expect(await page.locator('.booking .failure').innerText()).toContain('Somebody has taken these nights')
    expect(await chosen(visit)).toBe(dayAfter(arrival))
    expect(await page.locator(`#day-${arrival}`).isDisabled()).toBe(true)
    await page.locator('#book').click()
    await page.locator('#pay').waitFor()
  })

  test('a homestay without a free night says so, and offers no booking', async ({ visit }) => {
    const { page, app } = visit
    await page.locator('#sign-in').click()
    const [first = ''] = await openStay(visit)
    await page.locator('#back').click()
    await bookFor(app, { arrival: first, nights: 30 })
    await bookFor(app, { arrival: dayAfter(first, 30), nights: 30 })
    await openStay(visit)
    expect(await page.locator('.empty').innerText()).toContain('Every night of the next two months is taken')
    expect(await page.locator('#book').count()).toBe(0)
  })
})
