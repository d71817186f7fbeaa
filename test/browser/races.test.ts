import {
  bookAsGuest,
  buyAsGuest,
  canRunBrowser,
  describe,
  expect,
  hold,
  holdQueries,
  payAsGuest,
  phone,
  tapPay,
  test,
  type Visit,
} from './fixtures.ts'

const options = { skip: !canRunBrowser() }

/** Waits until no request is under way and every response has been drawn. */
async function whenIdle({ page }: Visit): Promise<void> {
  await page.locator('[aria-disabled=true]').first().waitFor({ state: 'detached' })
  await page.waitForLoadState('networkidle')
}

describe('a guest who is faster than the server', options, () => {
  for (const [action, operation] of [
    ['#pay', 'wxPay'],
    ['#cancel', 'cancelHomestayOrder'],
    ['#bankLate', 'cancelHomestayOrder'],
  ] as const) {
    test(`a guest can leave an order while a tap on ${action} is under way, and stays on the new screen`, async ({
      visit,
    }) => {
      const { page } = visit
      await bookAsGuest(visit)
      if (action === '#bankLate') {
        await tapPay(visit)
        await page.locator('#pay-now').waitFor()
        await page.keyboard.press('Escape')
      }
      const held = await hold(visit, operation)
      await page.locator(action).click()
      if (action === '#pay') await page.locator('#consent-allow').click()
      await held.requested
      await page.locator('#back').click()
      held.release()
      await whenIdle(visit)
      await page.locator('#tab-stays').click()
      await page.locator('.stay').first().waitFor()
      expect(await page.locator('.failure').count()).toBe(0)
    })
  }

  test('a guest can leave an order while it is loading', async ({ visit }) => {
    const { page } = visit
    await bookAsGuest(visit)
    await whenIdle(visit)
    await page.locator('#back').click()
    const held = await hold(visit, 'homestayOrder(')
    await page.locator('.order-row').click()
    await held.requested
    await page.locator('#back').click()
    held.release()
    await whenIdle(visit)
    await page.locator('.order-row').waitFor()
    expect(await page.locator('.failure').count()).toBe(0)
  })

  test('a guest is offered neither a second payment nor a late one while the first awaits confirmation', async ({
    visit,
  }) => {
    const { page } = visit
    await bookAsGuest(visit)
    await page.getByLabel('丢失').check()
    // WeChat would repeat the notice after 15 s.
    visit.app.sandbox.changeSettings({ noticeScheduleFactor: 240 })
    await tapPay(visit)
    await page.locator('#pay-now').waitFor()
    const queries = await holdQueries(visit)
    await page.locator('#pay-now').click()
    await page.locator('#order-state', { hasText: '等待服务端确认' }).waitFor()
    expect(await page.locator('#pay').count()).toBe(0)
    expect(await page.locator('#bankLate').isDisabled()).toBe(true)
    expect(await page.getByLabel('正常到达').isChecked()).toBe(true)
    queries.release()
    await page.locator('#ticket').waitFor()
  })
})

describe('a guest with two devices', options, () => {
  test('the pay sheet shows that another device has paid, and closes', async ({ visit }) => {
    const { page, app, allowErrors } = visit
    await page.locator('#language').click()
    await bookAsGuest(visit)
    await tapPay(visit)
    await page.locator('#pay-now').waitFor()
    const { sn } = await app.deps.db.payment.findFirstOrThrow()
    app.sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost', times: 1 })
    app.sandbox.payLate(sn)
    allowErrors('/sandbox/pay')
    await page.locator('#pay-now').click()
    expect(await page.locator('.sheet .failure').innerText()).toBe('WeChat: this is paid already.')
    await app.sandbox.sendNotice(sn)
    await page.locator('.sheet').waitFor({ state: 'detached' })
    await page.locator('#ticket').waitFor()
  })
})

describe('a guest whose session ends', options, () => {
  test('a guest whose session ended gets pushes again after the next sign-in', async ({ visit }) => {
    const { page, app, traffic } = visit
    await bookAsGuest(visit)
    await tapPay(visit)
    await page.locator('#pay-now').waitFor()
    await page.keyboard.press('Escape')
    await app.deps.db.session.deleteMany()
    // The page learns it from this tap or from the ended stream, whichever is first.
    await page.evaluate(() => document.getElementById('pay')?.click())
    await page.locator('#sign-in').click()
    await page.locator('#tab-orders').click()
    await page.locator('.order-row').click()
    await payAsGuest(visit)
    await page.locator('#ticket').waitFor()
    expect(await traffic()).toContain('paymentStatusChanged SUCCESS v2')
  })
})

describe('the progress steps', options, () => {
  test('the progress steps follow the screen that the guest looks at', async ({ visit }) => {
    const { page } = visit
    const step = () => page.locator('#steps [aria-current]').innerText()
    await buyAsGuest(visit)
    expect(await step()).toBe('核销')
    await page.locator('#tab-stays').click()
    expect(await step()).toBe('预订')
    await page.locator('.stay').nth(1).click()
    expect(await step()).toBe('预订')
  })
})

describe('the narrowest phone', options, () => {
  test.override({ device: { ...phone, width: 320 } })

  test('the page fits a screen 320 px wide, and moves the focus to the counter', async ({ visit }) => {
    const { page } = visit
    await buyAsGuest(visit)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320)
    await page.locator('#ticket').click()
    expect(await page.evaluate('document.activeElement.id')).toBe('host-sign-in')
  })
})
