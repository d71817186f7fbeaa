import { canRunBrowser, type Device, describe, desktop, expect, test } from './fixtures.ts'
import { objections } from './objections.ts'

const devices: Record<string, Device> = {
  desktop,
  tablet: { width: 900, height: 1000, locale: 'en-US' },
  phone: { width: 390, height: 844, locale: 'en-US' },
}

describe.for(Object.entries(devices))('on a %s', { skip: !canRunBrowser() }, ([, device]) => {
  test.override({ device })

  test('axe objects to nothing, from sign-in to redemption', async ({ visit }) => {
    const { page, showView, allowErrors } = visit
    const found = [await objections(visit, 'sign in')]
    const check = async (step: string) => void found.push(await objections(visit, step))
    await page.locator('#sign-in').click()
    await page.locator('.stay').first().waitFor()
    await check('stays')
    await page.locator('.stay').first().click()
    await check('booking')
    await page.locator('#book').click()
    await page.locator('#pay').waitFor()
    await check('order')
    await page.locator('#pay').click()
    await page.locator('#consent-refuse').waitFor()
    await check('question about messages')
    await page.locator('#consent-refuse').click()
    await page.locator('#pay-now').waitFor()
    await check('pay sheet')
    await page.locator('#pay-now').click()
    await page.locator('.sheet').waitFor({ state: 'detached' })
    await page.locator('#ticket').waitFor()
    await page.locator('#ask-again').click()
    await page.locator('#consent-allow').waitFor()
    await check('question about refused messages')
    await page.locator('#consent-allow').click()
    await page.locator('.phone-banner button').waitFor()
    await check('code, and a message')
    for (const view of ['trouble', 'traffic', 'host'] as const) {
      await showView(view)
      if (view === 'traffic') await page.locator('.row summary').last().click()
      await check(view)
    }
    await page.locator('#host-sign-in').click()
    allowErrors('/graphql')
    await page.locator('#code').fill('WRONGONE')
    await page.locator('#redeem').click()
    await page.locator('.counter .failure').waitFor()
    await check('a refused code')
    await showView('guest')
    for (const tab of ['#tab-messages', '#tab-orders']) {
      await page.locator(tab).click()
      await check(tab)
    }
    await page.locator('.order-row').click()
    await page.locator('#refund').click()
    await page.locator('#another').waitFor()
    await check('refunded')
    expect(found.flat()).toEqual([])
  })
})
