import type { Browser, Page } from 'playwright-core'
import { test as base, expect } from 'vitest'
import { seed } from '../../prisma/seed.ts'
import { createGraphqlServer } from '../../src/http/graphql/server.ts'
import { createPage } from '../../src/http/page.ts'
import { openHttpServer } from '../../src/http/server.ts'
import { createNoticeRoute } from '../../src/http/wechat-notify.ts'
import { openTestApp, type TestApp } from '../harness/app.ts'
import { LONG_MS } from '../harness/patience.ts'
import { isThere } from '../harness/programs.ts'
import { hasChromium, openChromium } from './chromium.ts'

export interface Device {
  width: number
  height: number
  /** The browser's preferred language. */
  locale: string
}

export const desktop: Device = { width: 1440, height: 900, locale: 'zh-CN' }
export const phone: Device = { width: 390, height: 844, locale: 'en-US' }

export interface Served {
  app: TestApp
  url: string
}

/** The app with its page, demo data and workers. As at WeChat, an unacknowledged notice is repeated after 15 s. */
async function servePage(isSandbox: boolean): Promise<Served & { close(): Promise<void> }> {
  const app = await openTestApp({}, { noticeScheduleFactor: 1 })
  const { deps, sandbox } = app
  await seed(deps.db)
  await app.startWorkers()
  const graphql = createGraphqlServer(deps)
  const http = await openHttpServer({
    host: '127.0.0.1',
    port: 0,
    config: deps.config,
    health: { handle: () => false, close: async () => {} },
    metrics: () => deps.metrics,
    log: deps.log,
  })
  const page = createPage({ log: deps.log, sandboxUrl: isSandbox ? sandbox.url : undefined })
  http.serve({ notice: createNoticeRoute(deps), graphql, page })
  return {
    app,
    url: http.url,
    close: async () => {
      await Promise.all([http.close(1_000), graphql.close()])
      await app.close()
    },
  }
}

const ROW_TEXTS = `[...document.querySelectorAll('.row-text')].map((row) =>
  [...row.querySelectorAll('.row-title, .row-note')].map((part) => part.textContent).filter(Boolean).join(' '))`

export interface Visit extends Served {
  page: Page
  /** The text of every row of the traffic diagram so far, without its order. */
  traffic(): Promise<string[]>
  /** Shows that part on a narrow screen, which has room for one at a time. */
  showView(view: 'guest' | 'host' | 'trouble' | 'traffic'): Promise<void>
  /** From now on the browser may log errors for responses of this path, because the test expects a refusal. */
  allowErrors(path: string): void
}

/** Opens the page; `check` fails the test when the browser logged an error or sent a request to another host. */
async function visit(browser: Browser, served: Served, device: Device): Promise<Visit & { check(): void }> {
  const { width, height, locale } = device
  // What moves is drawn sixty times a second, without a graphics card; one test of page.test.ts lets it.
  const context = await browser.newContext({ viewport: { width, height }, locale, reducedMotion: 'reduce' })
  const page = await context.newPage()
  page.setDefaultTimeout(LONG_MS)
  const problems: string[] = []
  const allowed: string[] = []
  const ours = [served.url, served.app.sandbox.url]
  page.on('console', (message) => {
    const { url } = message.location()
    if (allowed.some((path) => url.endsWith(path))) return
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`${message.text()} (${url})`)
  })
  page.on('pageerror', (error) => problems.push(error.stack ?? error.message))
  page.on('request', (request) => {
    if (!ours.includes(new URL(request.url()).origin)) problems.push(`a request to ${request.url()}`)
  })
  await page.goto(`${served.url}/`)
  await page.locator('body.ready').waitFor()
  return {
    ...served,
    page,
    traffic: () => page.evaluate<string[]>(ROW_TEXTS),
    showView: async (view) => {
      // The phone has a column of its own where there is room for two.
      const isThere = width >= 1100 || (view === 'guest' && width >= 820)
      if (!isThere) await page.locator(`.views [data-view=${view}]`).click()
    },
    allowErrors: (path) => void allowed.push(path),
    check: () => expect(problems).toEqual([]),
  }
}

/** A test with the page in a browser; a test file may override `device` and `isSandbox`. */
export const test = base
  .extend<{ device: Device; isSandbox: boolean }>({
    device: [desktop, { injected: true }],
    isSandbox: [true, { injected: true }],
  })
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the needed fixtures from this pattern: none.
  .extend('browser', { scope: 'worker' }, async ({}, { onCleanup }) => {
    const browser = await openChromium()
    onCleanup(() => browser.close())
    return browser
  })
  .extend<{ visit: Visit }>({
    visit: async ({ device, isSandbox, browser }, use) => {
      const served = await servePage(isSandbox)
      const opened = await visit(browser, served, device)
      await use(opened)
      await opened.page.context().close()
      await served.close()
      opened.check()
    },
  })

/** Signs in, and books the first homestay for the suggested nights. */
export async function bookAsGuest({ page }: Visit): Promise<void> {
  await page.locator('#sign-in').click()
  await page.locator('.stay').first().click()
  await page.locator('#book').click()
  await page.locator('#pay').waitFor()
}

/** Taps "pay", and answers WeChat's question about messages: the pay sheet is next. */
export async function tapPay({ page }: Visit, answer: 'allow' | 'refuse' = 'allow'): Promise<void> {
  await page.locator('#pay').click()
  await page.locator(`#consent-${answer}`).click()
}

/** Taps "pay", and confirms on WeChat's sheet. */
export async function payAsGuest(visit: Visit, answer: 'allow' | 'refuse' = 'allow'): Promise<void> {
  await tapPay(visit, answer)
  await visit.page.locator('#pay-now').click()
}

/** Books, pays, and waits for the entry code. */
export async function buyAsGuest(visit: Visit): Promise<void> {
  await bookAsGuest(visit)
  await payAsGuest(visit)
  await visit.page.locator('#ticket').waitFor()
}

/** Holds back the requests of one operation until `release` is called. */
export async function hold({ page }: Visit, operation: string) {
  const requested = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes(operation)) return route.fallback()
    requested.resolve()
    await released.promise
    return route.continue()
  })
  return { requested: requested.promise, release: released.resolve }
}

/** From here on nobody queries WeChat about the payments that there are, neither the page nor a worker, until `release` is called. */
export async function holdQueries(visit: Visit) {
  const inAnHour = new Date(Date.now() + 3_600_000)
  await visit.app.deps.db.payment.updateMany({ data: { nextRecheckAt: inAnHour } })
  return hold(visit, 'query PaymentStatus(')
}

/** Whether there is a browser. */
export const canRunBrowser = () =>
  isThere(
    hasChromium(),
    'there is no Chromium in /usr/bin: the tests of the page are skipped (apt-get install chromium-headless-shell)',
  )

export { describe } from 'vitest'
export { expect }
