import {
  bookAsGuest,
  buyAsGuest,
  describe,
  desktop,
  expect,
  isPlayable,
  type Look,
  payAsGuest,
  test,
  type Visit,
} from './fixtures.ts'

const options = { skip: !isPlayable() }

const smallPhone: Look = { width: 375, height: 667, locale: 'zh-CN' }
const laptop: Look = { width: 1280, height: 720, locale: 'zh-CN' }

/** What a function of the first element that is found answers; both are texts, for the browser. */
function of<Result>({ page }: Visit, selector: string, ask: string): Promise<Result> {
  return page.evaluate<Result>(`(${ask})(document.querySelector('${selector}'))`)
}

/** Whether what is found is inside the window, in whole. */
function isInSight(visit: Visit, selector: string): Promise<boolean> {
  return of(
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
  return of(visit, '#wire-list', '(list) => list.scrollHeight - list.scrollTop - list.clientHeight < 60')
}

/** Says what is wider than the window, in both languages; the page ends in the one that it began with. */
async function expectToFit({ page }: Visit, step: string): Promise<void> {
  for (const _language of ['other', 'first']) {
    await page.locator('#language').click()
    const [width, inner] = await page.evaluate<[number, number]>(
      '[document.documentElement.scrollWidth, window.innerWidth]',
    )
    expect(width, step).toBeLessThanOrEqual(inner)
  }
}

/** The words of rows that are cut. */
function cutRows(visit: Visit): Promise<string[]> {
  return of(
    visit,
    '#wire-list',
    `(list) => [...list.querySelectorAll('.row-words')]
    .filter((words) => words.scrollWidth > words.clientWidth + 1 || words.getBoundingClientRect().right > innerWidth)
    .map((words) => words.textContent)`,
  )
}

describe('who reads the wire', options, () => {
  test('is told how many rows are new while reading one, and follows again at a tap', async ({ visit }) => {
    const { page } = visit
    await bookAsGuest(visit)
    const chip = page.locator('#wire-new')
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

  test('follows again when a payment starts', async ({ visit }) => {
    const { page } = visit
    await bookAsGuest(visit)
    await page.locator('.row summary').first().click()
    await page.locator('.row summary').nth(1).click()
    await payAsGuest(visit)
    await page.locator('#ticket').waitFor()
    expect(await page.locator('#wire-new').isVisible()).toBe(false)
    await expect.poll(() => isAtNewest(visit)).toBe(true)
  })
})

describe('the page on a small phone', options, () => {
  test.override({ look: smallPhone })

  test('fits at every step, in both languages', async ({ visit }) => {
    const { page, turnTo } = visit
    await expectToFit(visit, 'sign in')
    await page.locator('#sign-in').click()
    await page.locator('.stay').first().waitFor()
    await expectToFit(visit, 'stays')
    await page.locator('.stay').first().click()
    await expectToFit(visit, 'booking')
    await turnTo('host')
    await page.locator('#noticeLost').check()
    await expectToFit(visit, 'trouble')
    await turnTo('guest')
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
    await turnTo('wire')
    await expectToFit(visit, 'wire')
    expect(await cutRows(visit)).toEqual([])
    await page.locator('#language').click()
    expect(await cutRows(visit)).toEqual([])
  })

  test('shows the newest row when it is turned to the wire, whatever was read before', async ({ visit }) => {
    const { page, turnTo } = visit
    await bookAsGuest(visit)
    await turnTo('wire')
    await page.locator('.row summary').first().click()
    await turnTo('guest')
    await page.locator('#cancel').click()
    await page.locator('#another').waitFor()
    await turnTo('wire')
    expect(await page.locator('#wire-new').isVisible()).toBe(false)
    expect(await isAtNewest(visit)).toBe(true)
  })

  test('shows what came of the trouble that was made', async ({ visit }) => {
    const { page, turnTo, forgive } = visit
    await buyAsGuest(visit)
    forgive('/sandbox/pay')
    await turnTo('host')
    await page.locator('#payAgain').click()
    await page.locator('.found', { hasText: 'ORDER_ALREADY_PAID' }).waitFor()
    expect(await isInSight(visit, '.found')).toBe(true)
  })
})

describe('the page on a laptop', options, () => {
  test.override({ look: laptop })

  test('cuts no row of the wire, also when a notice is lost', async ({ visit }) => {
    const { page } = visit
    await page.locator('#noticeLost').check()
    await buyAsGuest(visit)
    expect(await cutRows(visit)).toEqual([])
    await page.locator('#language').click()
    expect(await cutRows(visit)).toEqual([])
  })

  test('shows what came of the trouble that was made', async ({ visit }) => {
    const { page, forgive } = visit
    await buyAsGuest(visit)
    await page.locator('#host-sign-in').click()
    await page.locator('#code').waitFor()
    forgive('/sandbox/pay')
    await page.locator('#payAgain').click()
    await page.locator('.found', { hasText: 'ORDER_ALREADY_PAID' }).waitFor()
    expect(await isInSight(visit, '.found')).toBe(true)
  })
})

describe('the words of the page', options, () => {
  test.override({ look: { ...desktop, locale: 'en-US' } })

  test('count one guest as one, and give each part a name of its own', async ({ visit }) => {
    const { page } = visit
    await page.locator('#sign-in').click()
    await page.locator('.stay').first().click()
    await page.locator('#people-fewer').click()
    await page.locator('#book').click()
    expect(await page.locator('.order-title').innerText()).toContain('1 person')
    const labels = await page.evaluate<string[]>(
      `[...document.querySelectorAll('[data-label]')].map((each) => each.getAttribute('aria-label'))`,
    )
    expect(labels.toSorted()).toEqual([...new Set(labels)].toSorted())
  })

  test('call a payment live only while its stream runs', async ({ visit }) => {
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
