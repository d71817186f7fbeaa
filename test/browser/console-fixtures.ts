import type { Page } from 'playwright-core'
import type { OperatorRole } from '../../prisma/client/enums.ts'
import { createConsole } from '../../src/console/console.ts'
import { openConsoleServer } from '../../src/console/server.ts'
import { inviteOperator } from '../../src/operator/account.ts'
import { settle } from '../../src/payment/settlement/settle.ts'
import { test as base, expect, type TestApp } from '../harness/app.ts'
import { freshTapped } from '../harness/fixtures.ts'
import { loseNotices } from '../harness/money.ts'
import { LONG_MS } from '../harness/patience.ts'
import { amountOf, paidReport } from '../harness/reports.ts'
import { openChromium } from './chromium.ts'

export { describe } from 'vitest'
export { canRunBrowser } from './fixtures.ts'
export { expect }

/** An operator's browser, in English unless the test says otherwise, at the console of the test's app. */
export interface Desk {
  page: Page
  url: string
  /** A link that signs this operator in once. */
  invite(role?: OperatorRole, name?: string): Promise<string>
  signIn(role?: OperatorRole): Promise<void>
  /** Opens a view by its address, such as `bill/2026-11-26`. */
  open(place: string): Promise<void>
  /** From now on the browser may log errors for responses of this path, because the test expects a refusal. */
  allowErrors(path: string): void
}

/** A test with an operator's browser; it fails when the browser logged an error, or asked another host. */
export const test = base
  .extend<{ locale: string; width: number }>({
    locale: ['en-US', { injected: true }],
    width: [1440, { injected: true }],
  })
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the needed fixtures from this pattern: none.
  .extend('browser', { scope: 'worker' }, async ({}, { onCleanup }) => {
    const browser = await openChromium()
    onCleanup(() => browser.close())
    return browser
  })
  .extend<{ desk: Desk }>({
    desk: async ({ app, browser, locale, width }, use) => {
      const served = await serveConsole(app)
      const context = await browser.newContext({ viewport: { width, height: 900 }, locale, reducedMotion: 'reduce' })
      const { desk, problems } = openDesk(app, served.url, await context.newPage())
      await use(desk)
      await context.close()
      await served.close()
      expect(problems).toEqual([])
    },
  })

async function serveConsole({ deps }: TestApp): Promise<{ url: string; close(): Promise<void> }> {
  const server = await openConsoleServer({ host: '127.0.0.1', port: 0 }, deps.log)
  const served = createConsole(deps, { url: server.url, mountedAt: '' })
  server.serve(served)
  return {
    url: server.url,
    close: async () => {
      await Promise.all([server.close(0), served.close()])
    },
  }
}

function openDesk({ deps }: TestApp, url: string, page: Page): { desk: Desk; problems: string[] } {
  page.setDefaultTimeout(LONG_MS)
  const problems: string[] = []
  const allowed: string[] = []
  page.on('console', (message) => {
    const { url: from } = message.location()
    if (allowed.some((path) => from.endsWith(path))) return
    // A page that opens asks who is signed in; nobody is, before a link is used.
    if (from.endsWith('/graphql') && message.text().includes('401')) return
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`${message.text()} (${from})`)
  })
  page.on('pageerror', (error) => problems.push(error.stack ?? error.message))
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== url) problems.push(`a request to ${request.url()}`)
  })
  const invite: Desk['invite'] = async (role = 'OPERATOR', name = 'Li Lei') => {
    const { token } = await deps.db.$transaction((tx) => inviteOperator(tx, { name, role }))
    return `${url}/#/sign-in/${token}`
  }
  const desk: Desk = {
    page,
    url,
    invite,
    signIn: async (role) => {
      await page.goto(await invite(role))
      await page.locator('#who').waitFor()
    },
    open: async (place) => {
      await page.goto(`${url}/#/${place}`)
      await page.locator('.view .view-title').waitFor()
    },
    allowErrors: (path) => void allowed.push(path),
  }
  return { desk, problems }
}

/** A payment under review: WeChat has 100.00 yuan for it, and it is of 128.00. */
export async function givenUnderReview(app: TestApp) {
  loseNotices(app)
  const tapped = await freshTapped(app)
  const { transactionId } = app.sandbox.payLate(tapped.payment.sn)
  const transaction = paidReport(tapped.payment, { transaction_id: transactionId, amount: amountOf(10_000) })
  await settle(app.deps, { transaction, source: 'QUERY' })
  return tapped
}
