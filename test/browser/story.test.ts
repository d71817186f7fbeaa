import {
  bookAsGuest,
  buyAsGuest,
  canRunBrowser,
  describe,
  desktop,
  expect,
  tapPay,
  test,
  type Visit,
} from './fixtures.ts'

/** The steps of the progress, the current one in brackets. */
function progress({ page }: Visit) {
  const read = `[...document.querySelectorAll('#steps li')].map((step) =>
    step.getAttribute('aria-current') ? '[' + step.textContent + ']' : step.textContent).join(' ')`
  return expect.poll(() => page.evaluate<string>(read))
}

describe('orders that end otherwise', { skip: !canRunBrowser() }, () => {
  test.override({ device: { ...desktop, locale: 'en-US' } })

  test('a cancelled order says that nothing was charged', async ({ visit }) => {
    const { page } = visit
    await bookAsGuest(visit)
    await page.locator('#cancel').click()
    await progress(visit).toBe('Sign in Book [Cancelled]')
    expect(await page.locator('#story').innerText()).toContain('nothing was charged')
    expect(await page.locator('#hint').innerText()).toContain('Book another one')
  })

  test('a cancelled order whose money came late says that all of it went back', async ({ visit }) => {
    const { page } = visit
    await bookAsGuest(visit)
    const price = await page.locator('.facts dd').first().innerText()
    await tapPay(visit)
    await page.locator('#pay-now').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('#bankLate').click()
    await progress(visit).toBe('Sign in Book Cancelled Paid late [Refunded]')
    expect(await page.locator('#story').innerText()).toBe(
      `The money came after the cancel: ${price} went back, all of it.`,
    )
  })

  test('a refunded order says what went back', async ({ visit }) => {
    const { page } = visit
    await buyAsGuest(visit)
    const price = await page.locator('.facts dd').first().innerText()
    await page.locator('#refund').click()
    await progress(visit).toBe('Sign in Book Pay Confirmed live [Refunded]')
    expect(await page.locator('#story').innerText()).toBe(`${price} went back to where it came from.`)
  })
})
