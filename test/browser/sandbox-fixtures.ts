import type { Sandbox } from '@looklook-pay/sandbox'
import type { Browser, Page } from 'playwright-core'
import { test as base, expect, onTestFinished } from 'vitest'
import { LONG_MS } from '../harness/patience.ts'
import { merchantOf, startSandbox } from '../integration/sandbox/merchant.ts'
import { openChromium } from './chromium.ts'

export { describe, expect } from 'vitest'
export { merchantOf, startReceiver } from '../integration/sandbox/merchant.ts'
export { canRunBrowser } from './fixtures.ts'

/** A name by which the browser finds this machine, as a phone does in a network. */
const NETWORK_NAME = 'box.test'

/** The sandbox's page in a browser, and a merchant whose WeChat it is. */
export interface Desk {
  page: Page
  sandbox: Sandbox
  merchant: ReturnType<typeof merchantOf>
  /** Opens a view by its address, such as `ledger/refunds`. */
  open(place: string): Promise<void>
  /** The row of what has this number. */
  row(number: string): ReturnType<Page['locator']>
  /** From now on the browser may log errors for responses of this path, because the test expects a refusal. */
  allowErrors(path: string): void
}

interface Device {
  width?: number
  locale?: string
  /** Opened by a name that a phone could use, and not by the address of loopback. */
  isOnNetwork?: boolean
}

/** A test with a browser. */
// oxlint-disable-next-line no-empty-pattern -- Vitest reads the needed fixtures from this pattern: none.
export const test = base.extend('browser', { scope: 'worker' }, async ({}, { onCleanup }) => {
  const browser = await openChromium(`--host-resolver-rules=MAP ${NETWORK_NAME} 127.0.0.1`)
  onCleanup(() => browser.close())
  return browser
})

/** A fresh sandbox with its page open; the test fails when the browser logged an error, or asked another host. */
export async function openDesk(
  browser: Browser,
  { width = 1440, locale = 'en-US', isOnNetwork = false }: Device = {},
): Promise<Desk> {
  const sandbox = await startSandbox({ refundDelayMs: 86_400_000 })
  const url = isOnNetwork ? sandbox.url.replace('127.0.0.1', NETWORK_NAME) : sandbox.url
  const context = await browser.newContext({ viewport: { width, height: 900 }, locale, reducedMotion: 'reduce' })
  const page = await context.newPage()
  page.setDefaultTimeout(LONG_MS)
  const { problems, allowErrors } = watchProblems(page, url)
  onTestFinished(async () => {
    await context.close()
    expect(problems).toEqual([])
  })
  return {
    page,
    sandbox,
    merchant: merchantOf(sandbox),
    allowErrors,
    row: (number) => page.locator(`[data-number="${number}"]`),
    open: async (place) => {
      await page.goto(`${url}/#/${place}`)
      await page.locator('#view-title').waitFor()
    },
  }
}

function watchProblems(page: Page, url: string) {
  const problems: string[] = []
  const allowed: string[] = []
  page.on('console', (message) => {
    const { url: from } = message.location()
    if (allowed.some((path) => from.endsWith(path))) return
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`${message.text()} (${from})`)
  })
  page.on('pageerror', (error) => problems.push(error.stack ?? error.message))
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== url) problems.push(`a request to ${request.url()}`)
  })
  return { problems, allowErrors: (path: string) => void allowed.push(path) }
}
