/**
 * `npm run screenshot`: plays purchases on the page of a fresh `npm start`, looks at them in the console, and writes
 * docs/images.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { openChromium } from '../test/browser/chromium.ts'

const IMAGES = 'docs/images'
const DESKTOP = { viewport: { width: 1440, height: 900 }, locale: 'en-US' }
const PHONE = { viewport: { width: 390, height: 844 }, locale: 'zh-CN' }
const ORDER_SN = /"orderSn":"([^"]+)"/

const dataDir = await mkdtemp(join(tmpdir(), 'looklook-screenshot-'))
const server = spawn('node', ['src/main.ts'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { PATH: process.env['PATH'], DATA_DIR: dataDir, PORT: '0', SANDBOX_PORT: '0', LOG_LEVEL: 'warn' },
})
try {
  const { pageUrl, consoleLink } = await urlsOf(server.stdout)
  const browser = await openChromium()
  const page = await browser.newPage({ viewport: { width: 1400, height: 860 }, locale: 'en-US' })
  await page.goto(pageUrl)
  const orderSn = orderSnPaidOn(page)
  await play(page)
  await take(page, 'page')
  for (const stay of [0, 1, 2]) await buy(await browser.newPage(), pageUrl, stay)
  await lookAtConsole(browser, consoleLink, await orderSn)
  await browser.close()
} finally {
  const ended = once(server, 'exit')
  server.kill('SIGTERM')
  await ended
  await rm(dataDir, { recursive: true, force: true })
}

async function urlsOf(stdout: AsyncIterable<Buffer>): Promise<{ pageUrl: string; consoleLink: string }> {
  let output = ''
  for await (const chunk of stdout) {
    output += String(chunk)
    const [, pageUrl, consoleLink] = /play it +(\S+)\s+console +(\S+)/.exec(output) ?? []
    if (pageUrl !== undefined && consoleLink !== undefined) return { pageUrl, consoleLink }
  }
  throw new Error(`npm start has ended without saying where its pages are:\n${output}`)
}

async function take(page: Page, name: string): Promise<void> {
  const path = `${IMAGES}/${name}.png`
  await page.screenshot({ path })
  process.stdout.write(`${path} written\n`)
}

/** The number of the first order that is paid on this page. */
async function orderSnPaidOn(page: Page): Promise<string> {
  const request = await page.waitForRequest((each) => ORDER_SN.test(each.postData() ?? ''), { timeout: 0 })
  return ORDER_SN.exec(request.postData() ?? '')?.[1] ?? ''
}

/** Plays until the guest's code is at the counter; the notice of the payment is lost on the way. */
async function play(page: Page): Promise<void> {
  await page.locator('#sign-in').click()
  await page.locator('.stay').nth(4).click()
  await page.getByLabel('is lost').check()
  await page.locator('#book').click()
  await page.locator('#pay').click()
  await page.locator('#consent-allow').click()
  await page.locator('#host-sign-in').click()
  await page.locator('#pay-now').click()
  await page.locator('#ticket').click()
  await page.locator('.phone-banner').waitFor()
  await page.locator('.phone-banner').waitFor({ state: 'hidden' })
  await page.mouse.move(0, 0)
  await page.evaluate(
    'Promise.all(document.getAnimations().filter(({ effect }) => effect.getTiming().iterations === 1).map(({ finished }) => finished))',
  )
}

/** Books a stay and pays for it. */
async function buy(page: Page, pageUrl: string, stay: number): Promise<void> {
  await page.goto(pageUrl)
  await page.locator('#sign-in').click()
  await page.locator('.stay').nth(stay).click()
  await page.locator('#book').click()
  await page.locator('#pay').click()
  await page.locator('#consent-allow').click()
  await page.locator('#pay-now').click()
  await page.locator('#ticket').waitFor()
  await page.close()
}

/** The board, what happened to an order, and the board on a phone. */
async function lookAtConsole(browser: Browser, link: string, orderSn: string): Promise<void> {
  const context = await browser.newContext(DESKTOP)
  const page = await context.newPage()
  await page.goto(link)
  await showBoard(page)
  await take(page, 'console-board')
  await page.goto(`${link.split('#')[0]}#/find/${orderSn}`)
  await page.locator('.entry').nth(10).waitFor()
  await take(page, 'console-timeline')
  const phone = await browser.newContext({ ...PHONE, storageState: await context.storageState() })
  const small = await phone.newPage()
  await small.goto(link.split('#')[0] ?? '')
  await showBoard(small)
  await take(small, 'console-phone')
}

async function showBoard(page: Page): Promise<void> {
  await page.locator('#today-payments', { hasText: '4' }).waitFor()
  await page.locator('.plot canvas').nth(1).waitFor()
}
