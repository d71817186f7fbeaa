import type { Browser, Page } from 'playwright-core'
import { test as base, expect } from 'vitest'
import { seed } from '../../prisma/seed.ts'
import { createGraphqlServer } from '../../src/http/graphql/server.ts'
import { createPage } from '../../src/http/page.ts'
import { openHttpServer } from '../../src/http/server.ts'
import { createNoticeRoute } from '../../src/http/wechat-notify.ts'
import { openTestApp, type TestApp } from '../harness/app.ts'
import { hasChromium, openChromium } from './chromium.ts'

export interface Look {
  width: number
  height: number
  /** What the browser says that its user reads. */
  locale: string
}

export const desktop: Look = { width: 1440, height: 900, locale: 'zh-CN' }
export const phone: Look = { width: 390, height: 844, locale: 'en-US' }

export interface Served {
  app: TestApp
  url: string
}

/** The app with its page, demo data and workers, at WeChat's own pace: a notice that isn't taken comes again after 15 s. */
async function servePage(isSandbox: boolean): Promise<Served & { close(): Promise<void> }> {
  const app = await openTestApp({}, { noticeScheduleFactor: 1 })
  const { deps, sandbox } = app
  await seed(deps.db)
  await app.startWorkers()
  const graphql = createGraphqlServer(deps)
  const http = await openHttpServer({
    host: '127.0.0.1',
    port: 0,
    operations: { handle: () => false, close: async () => {} },
    metrics: () => deps.metrics,
    log: deps.log,
  })
  const page = createPage({ sandboxUrl: isSandbox ? sandbox.url : undefined })
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

export interface Visit extends Served {
  page: Page
  /** The words of every row of the wire so far. */
  wire(): Promise<string[]>
  /** On a narrow screen, where one part is shown at a time. */
  turnTo(view: 'guest' | 'host' | 'wire'): Promise<void>
  /** From here on the browser may complain about answers from this path: the test wants a refusal. */
  forgive(path: string): void
}

/** Opens the page; whatever the browser complains about, or asks of other hosts, fails the test at its end. */
async function visit(browser: Browser, served: Served, look: Look): Promise<Visit & { check(): void }> {
  const { width, height, locale } = look
  const context = await browser.newContext({ viewport: { width, height }, locale })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const complaints: string[] = []
  const forgiven: string[] = []
  const ours = [served.url, served.app.sandbox.url]
  page.on('console', (message) => {
    const { url } = message.location()
    if (forgiven.some((path) => url.endsWith(path))) return
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`${message.text()} (${url})`)
  })
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message))
  page.on('request', (request) => {
    if (!ours.includes(new URL(request.url()).origin)) complaints.push(`a request to ${request.url()}`)
  })
  await page.goto(`${served.url}/`)
  await page.locator('body.ready').waitFor()
  return {
    ...served,
    page,
    wire: () => page.locator('.row-words').allInnerTexts(),
    turnTo: async (view) => {
      if (width < 1100) await page.locator(`.views [data-view=${view}]`).click()
    },
    forgive: (path) => void forgiven.push(path),
    check: () => expect(complaints).toEqual([]),
  }
}

/** A test with the page in a browser; a test file sets `look` and `isSandbox` where it wants others. */
export const test = base
  .extend<{ look: Look; isSandbox: boolean }>({
    look: [desktop, { injected: true }],
    isSandbox: [true, { injected: true }],
  })
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads there which other fixtures this one needs: none.
  .extend('browser', { scope: 'file' }, async ({}, { onCleanup }) => {
    const browser = await openChromium()
    onCleanup(() => browser.close())
    return browser
  })
  .extend<{ visit: Visit }>({
    visit: async ({ look, isSandbox, browser }, use) => {
      const served = await servePage(isSandbox)
      const opened = await visit(browser, served, look)
      await use(opened)
      await opened.page.context().close()
      await served.close()
      opened.check()
    },
  })

/** Signs in, and books the first homestay for the nights that are offered. */
export async function bookAsGuest({ page }: Visit): Promise<void> {
  await page.locator('#sign-in').click()
  await page.locator('.stay').first().click()
  await page.locator('#book').click()
  await page.locator('#pay').waitFor()
}

/** Taps "pay", and confirms on WeChat's sheet. */
export async function payAsGuest({ page }: Visit): Promise<void> {
  await page.locator('#pay').click()
  await page.locator('#pay-now').click()
}

/** The whole way to an entry code. */
export async function buyAsGuest(visit: Visit): Promise<void> {
  await bookAsGuest(visit)
  await payAsGuest(visit)
  await visit.page.locator('#ticket').waitFor()
}

/** Whether there is a browser; where there is none a line says so, and with CI=true everything fails. */
export function isPlayable(): boolean {
  if (hasChromium()) return true
  const line = 'chromium is not at /usr/bin/chromium: the tests of the page are skipped (apt-get install chromium)'
  if (process.env['CI'] === 'true') throw new Error(line)
  process.stderr.write(`${line}\n`)
  return false
}

export { describe } from 'vitest'
export { expect }
