import { createHomestayOrder } from '../../src/order/booking.ts'
import type { TestApp } from '../harness/app.ts'
import {
  bookAsGuest,
  buyAsGuest,
  describe,
  desktop,
  expect,
  isPlayable,
  payAsGuest,
  phone,
  test,
  type Visit,
} from './fixtures.ts'

const options = { skip: !isPlayable() }

/** The state that the order on the phone is in, as the page says it. */
function orderState({ page }: Visit) {
  return expect.poll(() => page.locator('#order-state').innerText())
}

function titles(wire: string[]): string[] {
  return wire.map((words) => words.split(/\s/)[0] ?? '')
}

/** Somebody else books a night. */
async function bookFor({ deps }: TestApp, { homestayId, arrival }: { homestayId: string; arrival: string }) {
  const { id: userId } = await deps.db.user.create({ data: { nickname: '先来的' } })
  const liveEndDate = new Date(Date.parse(arrival) + 86_400_000).toISOString().slice(0, 10)
  await createHomestayOrder(deps, {
    userId,
    homestayId,
    liveStartDate: arrival,
    liveEndDate,
    livePeopleNum: 1,
    needFood: false,
  })
}

function focused({ page }: Visit): Promise<string> {
  return page.evaluate('document.activeElement.id')
}

/** What can be touched and has neither text nor label, as HTML. */
async function nameless({ page }: Visit): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('button, input, summary, a')]
    .filter((each) => each.checkVisibility())
    .filter((each) => !each.ariaLabel && !each.textContent.trim() && !each.labels?.[0]?.textContent.trim())
    .map((each) => each.outerHTML)`)
}

async function redeem(visit: Visit): Promise<void> {
  const { page, turnTo } = visit
  await turnTo('host')
  await page.locator('#host-sign-in').click()
  await page.locator('#code').waitFor()
  await turnTo('guest')
  await page.locator('#ticket').click()
  await page.locator('#redeem').click()
  await page.locator('#redeemed').waitFor()
}

describe('the page on a desktop, in Chinese', options, () => {
  test('plays a purchase from the first tap to the redemption, and shows what travels', async ({ visit }) => {
    const { page, wire, app } = visit
    expect(await page.title()).toContain('一笔微信支付')
    await buyAsGuest(visit)
    await orderState(visit).toBe('待入住')
    await page.locator('.phone-banner').waitFor()
    await page.locator('#tab-messages').click()
    await expect.poll(() => page.locator('.message').count()).toBe(2)
    const code = app.sandbox.messages().flatMap(({ data }) => data['character_string4']?.value ?? [])[0] ?? 'no code'
    expect(await page.locator('.messages').innerText()).toContain(code)

    await page.locator('#tab-orders').click()
    await page.locator('.order-row').click()
    await redeem(visit)
    await orderState(visit).toBe('已入住')
    expect(await page.locator('#redeemed').innerText()).toBe('请入住')
    await expect.poll(async () => titles(await wire())).toContain('redeemTradeCode')
    const travelled = titles(await wire())
    const inOrder = ['wxLogin', 'createHomestayOrder', 'wxPay', 'prepay', 'WebSocket', '付款', 'TRANSACTION.SUCCESS']
    expect(travelled.filter((title) => inOrder.includes(title)).slice(0, inOrder.length)).toEqual(inOrder)
    expect(await wire()).toContain('paymentStatusChanged SUCCESS v2')
  })

  test('takes a code that is typed, and refuses it the second time', async ({ visit }) => {
    const { page } = visit
    await buyAsGuest(visit)
    const code = await page.locator('#trade-code').innerText()
    await page.locator('#host-sign-in').click()
    await page.locator('#code').fill(code.toLowerCase())
    await page.locator('#redeem').click()
    await page.locator('#redeemed').waitFor()
    await page.locator('#code').fill(code)
    await page.locator('#redeem').click()
    expect(await page.locator('.counter .failure').innerText()).toContain('码不对')
  })

  test('finds out by asking when a notice is lost', async ({ visit }) => {
    const { page, wire, app } = visit
    await page.getByLabel('丢失').check()
    await buyAsGuest(visit)
    const words = await wire()
    expect(words.find((row) => row.startsWith('TRANSACTION.SUCCESS'))).toContain('丢了')
    expect(words.find((row) => row.startsWith('查询订单'))).toContain('SUCCESS')
    expect([...app.sandbox.ledger.notices.values()]).toMatchObject([{ state: 'WAITING', attempts: 1 }])
  })

  test('shows that a second payment of one order is refused on both sides', async ({ visit }) => {
    const { page, forgive } = visit
    await buyAsGuest(visit)
    forgive('/sandbox/pay')
    await page.locator('#payAgain').click()
    const found = page.locator('.found', { hasText: 'ORDER_ALREADY_PAID' })
    expect(await found.innerText()).toContain('ORDERPAID')
  })

  test('gives the money back when the guest asks for it', async ({ visit }) => {
    const { page, wire } = visit
    await buyAsGuest(visit)
    await page.locator('#refund').click()
    await orderState(visit).toBe('已退款')
    await expect.poll(async () => titles(await wire())).toContain('REFUND.SUCCESS')
    expect(await wire()).toContainEqual(expect.stringMatching(/^paymentStatusChanged REFUNDED/))
  })

  test('gives late money back for an order that was cancelled', async ({ visit }) => {
    const { page, wire } = visit
    await bookAsGuest(visit)
    await page.locator('#pay').click()
    await page.locator('#pay-now').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('#bankLate').click()
    await orderState(visit).toBe('已取消')
    await expect.poll(() => page.locator('#pay-status').innerText()).toMatch(/^REFUNDED/)
    await expect.poll(async () => titles(await wire())).toContain('close')
    await page.locator('#tab-messages').click()
    await expect.poll(() => page.locator('.message').innerText()).toContain('退款到账')
  })

  test('cancels an order that isn’t paid, and offers its nights no more while it holds them', async ({ visit }) => {
    const { page } = visit
    await bookAsGuest(visit)
    await page.locator('#tab-stays').click()
    await page.locator('.stay').first().click()
    expect(await page.locator('.day.taken').count()).toBe(2)
    await page.locator('#back').click()
    await page.locator('#tab-orders').click()
    await page.locator('.order-row').click()
    await page.locator('#cancel').click()
    await orderState(visit).toBe('已取消')
  })

  test('says when somebody else was faster, and offers the next nights', async ({ visit }) => {
    const { page, app } = visit
    await page.locator('#sign-in').click()
    await page.locator('.stay').first().click()
    const arrival = await page.locator('.day input:checked').inputValue()
    await bookFor(app, { homestayId: 'demo-homestay-09', arrival })
    await page.locator('#book').click()
    expect(await page.locator('.booking .failure').innerText()).toContain('已经有人订了')
    expect(await page.locator('.day input:checked').inputValue()).not.toBe(arrival)
    await page.locator('#book').click()
    await page.locator('#pay').waitFor()
  })

  test('offers nights beyond those that guests before this one have taken', async ({ visit }) => {
    const { page, app } = visit
    await page.addInitScript('Math.random = () => 0.5')
    await page.reload()
    await page.locator('#sign-in').click()
    await page.locator('.stay').first().click()
    const days = await page.evaluate<string[]>(`[...document.querySelectorAll('.day input')].map(({ value }) => value)`)
    const [, second = ''] = days
    expect(days).toHaveLength(60)
    await bookFor(app, { homestayId: 'demo-homestay-09', arrival: second })
    await page.locator('#book').click()
    await page.locator('#pay').waitFor()
    expect(await page.locator('.failure').count()).toBe(0)
  })

  test('speaks English at a tap, and remembers it', async ({ visit }) => {
    const { page } = visit
    await page.locator('#language').click()
    expect(await page.locator('#sign-in').innerText()).toBe('Sign in with WeChat')
    await page.reload()
    await page.locator('body.ready').waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    expect(await page.locator('#sign-in').innerText()).toBe('Sign in with WeChat')
  })

  test('can be played with the keyboard alone', async ({ visit }) => {
    const { page } = visit
    await page.locator('#guest-name').focus()
    await page.keyboard.press('Enter')
    await page.locator('.stay').first().focus()
    await page.keyboard.press('Enter')
    await page.locator('.day input:checked').focus()
    await page.keyboard.press('ArrowRight')
    await page.locator('#nights-more').focus()
    await page.keyboard.press('Enter')
    expect(await page.locator('#nights').innerText()).toBe('3')
    expect(await focused(visit)).toBe('nights-more')
    await page.locator('#book').focus()
    await page.keyboard.press('Enter')
    await page.locator('#pay').focus()
    await page.keyboard.press('Enter')
    await page.locator('#pay-now').waitFor()
    expect(await focused(visit)).toBe('pay-now')
    await page.keyboard.press('Escape')
    expect(await focused(visit)).toBe('pay')
  })
})

describe('the page on a phone, in English', options, () => {
  test.override({ look: phone })

  test('plays a purchase from the first tap to the redemption, and fits', async ({ visit }) => {
    const { page, turnTo } = visit
    const width = () => page.evaluate<number>('document.documentElement.scrollWidth')
    expect(await page.locator('#sign-in').innerText()).toBe('Sign in with WeChat')
    await buyAsGuest(visit)
    await orderState(visit).toBe('Ready for check-in')
    expect(await width()).toBe(phone.width)
    await redeem(visit)
    expect(await page.locator('#redeemed').innerText()).toBe('Welcome')
    expect(await width()).toBe(phone.width)
    await turnTo('wire')
    await page.locator('.row summary', { hasText: 'redeemTradeCode' }).click()
    expect(await page.locator('.row details[open] pre').last().innerText()).toContain('"tradeState": "USED"')
    expect(await width()).toBe(phone.width)
  })

  test('has a name for everything that can be touched', async ({ visit }) => {
    const { page, turnTo } = visit
    await bookAsGuest(visit)
    await page.locator('#tab-stays').click()
    await page.locator('.stay').first().click()
    expect(await nameless(visit)).toEqual([])
    await turnTo('host')
    expect(await nameless(visit)).toEqual([])
  })
})

describe('the page of a server whose WeChat is the real one', options, () => {
  test.override({ isSandbox: false })

  test('says so, and has neither a pay sheet nor trouble', async ({ visit }) => {
    const { page } = visit
    expect(await page.locator('#real-wechat').innerText()).toContain('真实的微信')
    await page.locator('#guest-name').fill('code-o_guest')
    await bookAsGuest(visit)
    await page.locator('#pay').click()
    await page.locator('#pay-status').waitFor()
    expect(await page.locator('.sheet').count()).toBe(0)
    expect(await page.locator('#trouble-box').isVisible()).toBe(false)
  })
})

describe('the page at its edges', options, () => {
  test.override({ look: { ...desktop, locale: 'fr-FR' } })

  test('asks to sign in again when the session was ended elsewhere', async ({ visit }) => {
    const { page, app } = visit
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    await bookAsGuest(visit)
    await app.deps.db.session.deleteMany()
    await page.locator('#pay').click()
    expect(await page.locator('.welcome-form .failure').innerText()).toContain('Sign in again')
  })

  test('keeps the list of orders true while the guest looks at something else', async ({ visit }) => {
    const { page } = visit
    await bookAsGuest(visit)
    await payAsGuest(visit)
    await page.locator('#tab-stays').click()
    await page.locator('#tab-orders').click()
    await expect.poll(() => page.locator('.order-row .state').innerText()).toBe('Ready for check-in')
  })
})
