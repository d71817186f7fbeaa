import {
  bookAsGuest,
  buyAsGuest,
  canRunBrowser,
  type Device,
  describe,
  desktop,
  expect,
  payAsGuest,
  test,
  type Visit,
} from './fixtures.ts'

const options = { skip: !canRunBrowser() }

const smallPhone: Device = { width: 375, height: 667, locale: 'zh-CN' }
const laptop: Device = { width: 1280, height: 720, locale: 'zh-CN' }

/** Runs a function, given as source text, in the browser on the first element that matches. */
function evaluateOn<Result>({ page }: Visit, selector: string, source: string): Promise<Result> {
  return page.evaluate<Result>(`(${source})(document.querySelector('${selector}'))`)
}

/** Whether the element is inside the window, top to bottom, and not covered. */
function isInSight(visit: Visit, selector: string): Promise<boolean> {
  return evaluateOn(
    visit,
    selector,
    `(element) => {
    const { top, bottom, left, right } = element.getBoundingClientRect()
    const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
    return top >= 0 && bottom <= innerHeight && (at === element || element.contains(at))
  }`,
  )
}

function isAtNewest(visit: Visit): Promise<boolean> {
  return evaluateOn(visit, '#traffic-list', '(list) => list.scrollHeight - list.scrollTop - list.clientHeight < 60')
}

/** Expects that nothing is wider than the window in either language; ends in the language that it began with. */
async function expectToFit({ page }: Visit, step: string): Promise<void> {
  for (const _language of ['other', 'first']) {
    await page.locator('#language').click()
    const [width, inner] = await page.evaluate<[number, number]>(
      '[document.documentElement.scrollWidth, window.innerWidth]',
    )
    expect(width, step).toBeLessThanOrEqual(inner)
  }
}

/** The text of every row that is cut off. */
function cutRows(visit: Visit): Promise<string[]> {
  return evaluateOn(
    visit,
    '#traffic-list',
    `(list) => [...list.querySelectorAll('.row-text')]
    .filter((text) => text.scrollWidth > text.clientWidth + 1 || text.getBoundingClientRect().right > innerWidth)
    .map((text) => text.textContent)`,
  )
}

describe('the traffic diagram', options, () => {
  test('the traffic diagram counts new rows while a row is open, and scrolls to the newest at a tap', async ({
    visit,
  }) => {
    const { page } = visit
    await bookAsGuest(visit)
    const chip = page.locator('#traffic-new')
    expect(await chip.isVisible()).toBe(false)
    await page.locator('.row summary').first().click()
    await page.locator('#cancel').click()
    await expect.poll(() => chip.innerText()).toMatch(/^↓ [1-9]\d* 条新消息$/)
    await page.locator('#language').click()
    expect(await chip.innerText()).toMatch(/^↓ [1-9]\d* new$/)
    await chip.click()
    expect(await chip.isVisible()).toBe(false)
    expect(await isAtNewest(visit)).toBe(true)
  })

  test('the traffic diagram scrolls to the newest row again when a payment starts', async ({ visit }) => {
    const { page } = visit
    await bookAsGuest(visit)
    await page.locator('.row summary').first().click()
    await page.locator('.row summary').nth(1).click()
    await payAsGuest(visit)
    await page.locator('#ticket').waitFor()
    expect(await page.locator('#traffic-new').isVisible()).toBe(false)
    await expect.poll(() => isAtNewest(visit)).toBe(true)
  })
})

describe('the page on a small phone', options, () => {
  test.override({ device: smallPhone })

  test('the page fits a small phone at every step, in both languages', async ({ visit }) => {
    const { page, showView } = visit
    await expectToFit(visit, 'sign in')
    await page.locator('#sign-in').click()
    await page.locator('.stay').first().waitFor()
    await expectToFit(visit, 'stays')
    await page.locator('.stay').first().click()
    await expectToFit(visit, 'booking')
    await showView('trouble')
    await page.locator('#noticeLost').check()
    await expectToFit(visit, 'trouble')
    await showView('guest')
    await page.locator('#book').click()
    await page.locator('#pay').waitFor()
    await expectToFit(visit, 'pay')
    await payAsGuest(visit)
    await page.locator('.sheet').waitFor({ state: 'detached' })
    await expectToFit(visit, 'paid, waiting')
    await page.locator('#ticket').waitFor()
    await expectToFit(visit, 'code')
    await page.locator('#ticket').click()
    await page.locator('#host-sign-in').click()
    await page.locator('#redeem').click()
    await page.locator('#redeemed').waitFor()
    await expectToFit(visit, 'redeemed')
    await showView('traffic')
    await expectToFit(visit, 'traffic')
    expect(await cutRows(visit)).toEqual([])
    await page.locator('#language').click()
    expect(await cutRows(visit)).toEqual([])
  })

  test('the traffic view of a small phone opens at the newest row, even after a row was open', async ({ visit }) => {
    const { page, showView } = visit
    await bookAsGuest(visit)
    await showView('traffic')
    await page.locator('.row summary').first().click()
    await showView('guest')
    await page.locator('#cancel').click()
    await page.locator('#another').waitFor()
    await showView('traffic')
    expect(await page.locator('#traffic-new').isVisible()).toBe(false)
    expect(await isAtNewest(visit)).toBe(true)
  })

  test('the result of a provoked fault is in view on a small phone', async ({ visit }) => {
    const { page, showView, allowErrors } = visit
    await buyAsGuest(visit)
    allowErrors('/sandbox/pay')
    await showView('trouble')
    await page.locator('#payAgain').click()
    await page.locator('.found', { hasText: 'ORDER_ALREADY_PAID' }).waitFor()
    expect(await isInSight(visit, '.found')).toBe(true)
  })
})

describe('the page on a laptop', options, () => {
  test.override({ device: laptop })

  test('no row of the traffic diagram is cut off on a laptop, even when a notice is lost', async ({ visit }) => {
    const { page } = visit
    await page.locator('#noticeLost').check()
    await buyAsGuest(visit)
    expect(await cutRows(visit)).toEqual([])
    await page.locator('#language').click()
    expect(await cutRows(visit)).toEqual([])
  })

  test('the result of a provoked fault is in view on a laptop', async ({ visit }) => {
    const { page, allowErrors } = visit
    await buyAsGuest(visit)
    await page.locator('#host-sign-in').click()
    await page.locator('#code').waitFor()
    allowErrors('/sandbox/pay')
    await page.locator('#payAgain').click()
    await page.locator('.found', { hasText: 'ORDER_ALREADY_PAID' }).waitFor()
    expect(await isInSight(visit, '.found')).toBe(true)
  })
})

describe('the texts of the page', options, () => {
  test.override({ device: { ...desktop, locale: 'en-US' } })

  test('the page uses the singular for one guest, and labels each part differently', async ({ visit }) => {
    const { page } = visit
    await page.locator('#sign-in').click()
    await page.locator('.stay').first().click()
    await page.locator('#people-fewer').click()
    await page.locator('#book').click()
    expect(await page.locator('.order-title').innerText()).toContain('1 person')
    const labels = await page.evaluate<string[]>(
      `[...document.querySelectorAll('section, nav, ol[aria-label], [role=group]')]
        .filter((each) => each.checkVisibility())
        .map((each) => each.getAttribute('aria-label'))`,
    )
    expect(labels.toSorted()).toEqual([...new Set(labels)].toSorted())
  })

  test('the page calls a payment live only while its subscription runs', async ({ visit }) => {
    const { page } = visit
    await buyAsGuest(visit)
    const pill = page.locator('.live')
    expect(await pill.innerText()).toContain('Live')
    await page.locator('#refund').click()
    await expect.poll(() => page.locator('#pay-status').innerText()).toMatch(/^REFUNDED/)
    await expect.poll(() => pill.innerText()).not.toContain('Live')
    expect(await pill.locator('.live-dot').count()).toBe(0)
  })
})
