import { bookAsGuest, buyAsGuest, canRunBrowser, describe, desktop, expect, payAsGuest, test } from './fixtures.ts'

describe('a reload of the page', { skip: !canRunBrowser() }, () => {
  test.override({ device: { ...desktop, locale: 'en-US' } })

  test('guest and host stay signed in, the order stays shown, and its payment is watched again', async ({ visit }) => {
    const { page, app } = visit
    await buyAsGuest(visit)
    await page.locator('#host-sign-in').click()
    await page.locator('#code').waitFor()
    const code = await page.locator('#trade-code').innerText()
    await page.reload()
    await page.locator('#ticket').waitFor()
    expect(await page.locator('#trade-code').innerText()).toBe(code)
    await page.locator('.live', { hasText: 'Live' }).waitFor()
    expect(await app.deps.db.session.count()).toBe(2)
    await page.locator('#ticket').click()
    await page.locator('#redeem').click()
    await page.locator('#redeemed').waitFor()
    await expect.poll(() => page.locator('#order-state').innerText()).toBe('Checked in')
  })

  test('a payment that the server does not know yet is not offered again after a reload', async ({ visit }) => {
    const { page, app } = visit
    await bookAsGuest(visit)
    app.sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost' }, { endpoint: 'query', kind: 'timeout-before' })
    await payAsGuest(visit)
    await page.locator('#order-state', { hasText: 'Waiting for the server' }).waitFor()
    await page.reload()
    await page.locator('#order-state', { hasText: 'Waiting for the server' }).waitFor()
    expect(await page.locator('#pay').count()).toBe(0)
    app.sandbox.faults.clear()
    await page.locator('#ticket').waitFor()
  })

  test('a session that ended meanwhile asks for a new sign-in, and is forgotten', async ({ visit }) => {
    const { page, app } = visit
    await bookAsGuest(visit)
    await app.deps.db.session.deleteMany()
    await page.reload()
    await page.locator('.welcome-form .failure', { hasText: 'Sign in again' }).waitFor()
    expect(await page.evaluate('sessionStorage.getItem("guest")')).toBeNull()
  })
})
