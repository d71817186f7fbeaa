import {
  bookAsGuest,
  buyAsGuest,
  canRunBrowser,
  describe,
  desktop,
  expect,
  payAsGuest,
  phone,
  tapPay,
  test,
  type Visit,
} from './fixtures.ts'

const options = { skip: !canRunBrowser() }

/** The state of the order on the phone, as the page shows it. */
function orderState({ page }: Visit) {
  return expect.poll(() => page.locator('#order-state').innerText())
}

function titles(traffic: string[]): string[] {
  return traffic.map((text) => text.split(/\s/)[0] ?? '')
}

function focused({ page }: Visit): Promise<string> {
  return page.evaluate('document.activeElement.id')
}

/** The HTML of every control that has neither text nor label. */
async function unlabelled({ page }: Visit): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('button, input, summary, a')]
    .filter((each) => each.checkVisibility())
    .filter((each) => !each.ariaLabel && !each.textContent.trim() && !each.labels?.[0]?.textContent.trim())
    .map((each) => each.outerHTML)`)
}

async function redeem(visit: Visit): Promise<void> {
  const { page, showView } = visit
  await showView('host')
  await page.locator('#host-sign-in').click()
  await page.locator('#code').waitFor()
  await showView('guest')
  await page.locator('#ticket').click()
  await page.locator('#redeem').click()
  await page.locator('#redeemed').waitFor()
}

describe('the page on a desktop, in Chinese', options, () => {
  test('the page plays a purchase from sign-in to redemption, and draws every message', async ({ visit }) => {
    const { page, traffic, app } = visit
    await page.emulateMedia({ reducedMotion: 'no-preference' })
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
    await expect.poll(async () => titles(await traffic())).toContain('redeemTradeCode')
    const drawn = titles(await traffic())
    const inOrder = ['wxLogin', 'createHomestayOrder', 'wxPay', 'prepay', 'WebSocket', '付款', 'TRANSACTION.SUCCESS']
    expect(drawn.filter((title) => inOrder.includes(title)).slice(0, inOrder.length)).toEqual(inOrder)
    expect(await traffic()).toContain('paymentStatusChanged SUCCESS v2')
  })

  test('the counter accepts a typed code, and refuses it the second time', async ({ visit }) => {
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

  test('the payment is confirmed by a query when its notice is lost', async ({ visit }) => {
    const { page, traffic, app } = visit
    await page.getByLabel('丢失').check()
    await buyAsGuest(visit)
    const rows = await traffic()
    expect(rows.find((row) => row.startsWith('TRANSACTION.SUCCESS'))).toContain('丢了')
    expect(rows.find((row) => row.startsWith('查询订单'))).toContain('SUCCESS')
    expect([...app.sandbox.ledger.notices.values()]).toMatchObject([{ state: 'WAITING', attempts: 1 }])
  })

  test('the page shows that API and WeChat both refuse a second payment of an order', async ({ visit }) => {
    const { page, allowErrors } = visit
    await buyAsGuest(visit)
    allowErrors('/sandbox/pay')
    await page.locator('#payAgain').click()
    const found = page.locator('.found', { hasText: 'ORDER_ALREADY_PAID' })
    expect(await found.innerText()).toContain('ORDERPAID')
  })

  test('a paid order is refunded at the guest’s request', async ({ visit }) => {
    const { page, traffic } = visit
    await buyAsGuest(visit)
    await page.locator('#refund').click()
    await orderState(visit).toBe('已退款')
    await expect.poll(async () => titles(await traffic())).toContain('REFUND.SUCCESS')
    expect(await traffic()).toContainEqual(expect.stringMatching(/^paymentStatusChanged REFUNDED/))
  })

  test('a late payment of a cancelled order is refunded', async ({ visit }) => {
    const { page, traffic } = visit
    await bookAsGuest(visit)
    await tapPay(visit)
    await page.locator('#pay-now').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('#bankLate').click()
    await orderState(visit).toBe('已取消')
    await expect.poll(() => page.locator('#pay-status').innerText()).toMatch(/^REFUNDED/)
    await expect.poll(async () => titles(await traffic())).toContain('close')
    await page.locator('#tab-messages').click()
    await expect.poll(() => page.locator('.message').innerText()).toContain('退款到账')
  })

  test('the page switches to English at a tap, and stays English after a reload', async ({ visit }) => {
    const { page } = visit
    await page.locator('#language').click()
    expect(await page.locator('#sign-in').innerText()).toBe('Sign in with WeChat')
    await page.reload()
    await page.locator('body.ready').waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    expect(await page.locator('#sign-in').innerText()).toBe('Sign in with WeChat')
  })

  test('the page can be used with the keyboard alone', async ({ visit }) => {
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
    await page.locator('#consent-allow').waitFor()
    expect(await focused(visit)).toBe('consent-allow')
    await page.keyboard.press('Enter')
    await page.locator('#pay-now').waitFor()
    expect(await focused(visit)).toBe('pay-now')
    await page.keyboard.press('Escape')
    expect(await focused(visit)).toBe('pay')
  })
})

describe('the page on a phone, in English', options, () => {
  test.override({ device: phone })

  test('the page plays a purchase on a phone, from sign-in to redemption, without overflowing', async ({ visit }) => {
    const { page, showView } = visit
    const width = () => page.evaluate<number>('document.documentElement.scrollWidth')
    expect(await page.locator('#sign-in').innerText()).toBe('Sign in with WeChat')
    await buyAsGuest(visit)
    await orderState(visit).toBe('Ready for check-in')
    expect(await width()).toBe(phone.width)
    await redeem(visit)
    expect(await page.locator('#redeemed').innerText()).toBe('Welcome')
    expect(await width()).toBe(phone.width)
    await showView('traffic')
    await page.locator('.row summary', { hasText: 'redeemTradeCode' }).click()
    expect(await page.locator('.row details[open] pre').last().innerText()).toContain('"tradeState": "USED"')
    expect(await width()).toBe(phone.width)
  })

  test('every control of the page has a label', async ({ visit }) => {
    const { page, showView } = visit
    await bookAsGuest(visit)
    await page.locator('#tab-stays').click()
    await page.locator('.stay').first().click()
    expect(await unlabelled(visit)).toEqual([])
    for (const view of ['host', 'trouble', 'traffic'] as const) {
      await showView(view)
      expect(await unlabelled(visit)).toEqual([])
    }
  })
})

describe('the page of a server that uses the real WeChat', options, () => {
  test.override({ isSandbox: false })

  test('the page of a server that uses the real WeChat says so, and has neither pay sheet nor fault buttons', async ({
    visit,
  }) => {
    const { page } = visit
    expect(await page.locator('#real-wechat').innerText()).toContain('真实的微信')
    await page.locator('#guest-name').fill('code-o_guest')
    await bookAsGuest(visit)
    await page.locator('#pay').click()
    await page.locator('#pay-status').waitFor()
    expect(await page.locator('.sheet').count()).toBe(0)
    expect(await page.locator('.trouble, [data-view=trouble]').count()).toBe(0)
  })
})

describe('the page in a French browser', options, () => {
  test.override({ device: { ...desktop, locale: 'fr-FR' } })

  test('the page asks the guest to sign in again when the session has ended elsewhere', async ({ visit }) => {
    const { page, app } = visit
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    await bookAsGuest(visit)
    await app.deps.db.session.deleteMany()
    await page.locator('#pay').click()
    expect(await page.locator('.welcome-form .failure').innerText()).toContain('Sign in again')
  })

  test('the list of orders stays up to date while the guest looks at another screen', async ({ visit }) => {
    const { page } = visit
    await bookAsGuest(visit)
    await payAsGuest(visit)
    await page.locator('#tab-stays').click()
    await page.locator('#tab-orders').click()
    await expect.poll(() => page.locator('.order-row .state').innerText()).toBe('Ready for check-in')
  })
})
