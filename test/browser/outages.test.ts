import type { Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { LONG_MS } from '../harness/patience.ts'
import { createDataDir, readiness, start } from '../harness/processes.ts'
import { openChromium } from './chromium.ts'
import { canRunBrowser, describe, expect, test } from './fixtures.ts'

/** The page of a fresh `npm start`. */
async function openStarted(): Promise<{ page: Page; url: string }> {
  const { url } = await start(await createDataDir())
  const browser = await openChromium()
  onTestFinished(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'en-US' })
  page.setDefaultTimeout(LONG_MS)
  await page.goto(url)
  return { page, url }
}

async function buy(page: Page): Promise<void> {
  await page.locator('.stay').first().click()
  await page.locator('#book').click()
  await page.locator('#pay').click()
  await page.locator('#consent-allow').click()
  await page.locator('#pay-now').click()
}

describe('parts of npm start that the page takes away', { skip: !canRunBrowser() }, () => {
  test('a payment waits for the worker while it is killed, and comes without Redis; both come back', async () => {
    const { page, url } = await openStarted()
    await page.locator('#sign-in').click()
    await page.locator('#worker').check()
    await buy(page)
    await expect.poll(() => page.locator('#pay-status').innerText()).toMatch(/^SUCCESS/)
    expect(await page.locator('#order-state').innerText()).toBe('Paid. Waiting for the server')
    expect(await page.locator('#ticket').count()).toBe(0)
    await page.reload()
    await page.locator('#order-state', { hasText: 'Paid' }).waitFor()
    expect(await page.locator('#worker').isChecked()).toBe(true)
    await page.locator('#worker').uncheck()
    await page.locator('#ticket').waitFor()

    await page.locator('#redis').check()
    await expect.poll(() => readiness(url)).toMatchObject({ status: 200, body: { status: 'degraded', redis: 'away' } })
    await page.locator('#tab-stays').click()
    await buy(page)
    await page.locator('#ticket').waitFor()
    await page.locator('#redis').uncheck()
    await expect.poll(() => readiness(url)).toMatchObject({ status: 200, body: { redis: 'ok' } })
  })
})
