/**
 * `npm run screenshot`: plays purchases on the page of a fresh `npm start`, looks at them in the console and in the sandbox, and
 * writes docs/images. `npm run screenshot -- --all FOLDER` writes there every view that it looks at, at each width and in
 * both languages.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { findEmbeddedPostgres } from '../src/infra/embedded-postgres.ts'
import { openChromium } from '../test/browser/chromium.ts'
import { NO_ENV_FILE } from '../test/harness/no-env-file.ts'
import { takeConsole } from './pictures/console.ts'
import { billOfToday, insertPast } from './pictures/past.ts'
import { WAIT_MS } from './pictures/picture.ts'
import { takeSandbox } from './pictures/sandbox.ts'
import { openSandboxControl, type SandboxControl } from './pictures/sandbox-control.ts'

const IMAGES = 'docs/images'
/** What README, docs/console.md and docs/sandbox.md show. */
const CHOSEN = [
  'console-board-1440-en',
  'console-board-360-zh',
  'console-board-1440-zh',
  'console-timeline-1440-en',
  'console-timeline-768-en',
  'console-timeline-768-zh',
  'console-decide-360-en',
  'console-decide-360-zh',
  'console-bill-768-zh',
  'sandbox-ledger-1440-en',
  'sandbox-faults-1440-zh',
  'sandbox-requests-360-en',
]
const ORDER_SN = /"orderSn":"([^"]+)"/

const { all } = parseArgs({ options: { all: { type: 'string' } } }).values
if (all !== undefined) await mkdir(all, { recursive: true })

const dataDir = await mkdtemp(join(tmpdir(), 'looklook-screenshot-'))
const settings = { DATA_DIR: dataDir, PORT: '0', SANDBOX_PORT: '0', LOG_LEVEL: 'warn', PAYMENT_RECHECK_SECONDS: '3600' }
const server = spawn('node', ['src/main.ts'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { PATH: process.env['PATH'], ...NO_ENV_FILE, ...settings },
})
try {
  const { pageUrl, link, wechatUrl } = await urlsOf(server.stdout)
  const databaseUrl = findEmbeddedPostgres(dataDir) ?? ''
  await insertPast(databaseUrl)
  const browser = await openChromium()
  const openPage = async (options: BrowserContextOptions = {}) => {
    const opened = await browser.newPage(options)
    opened.setDefaultTimeout(WAIT_MS)
    return opened
  }
  const page = await openPage({ viewport: { width: 1400, height: 860 }, locale: 'en-US' })
  await page.goto(pageUrl)
  const orderSn = orderSnPaidOn(page)
  await play(page)
  if (all === undefined) await page.screenshot({ path: `${IMAGES}/page.png` })
  for (const stay of [0, 1, 2]) await buy(await openPage(), pageUrl, stay)
  const sandbox = openSandboxControl(wechatUrl)
  await giveReview(await openPage(), pageUrl, sandbox)
  await sandbox.plantDifferences()
  const day = await billOfToday(databaseUrl, WAIT_MS)
  const pathOf = (name: string) => {
    if (all !== undefined) return join(all, `${name}.png`)
    return CHOSEN.includes(name) ? `${IMAGES}/${name}.png` : undefined
  }
  await takeSandbox(browser, { url: wechatUrl, pathOf })
  await takeConsole(browser, { link, pathOf, orderSn: await orderSn, day })
  await browser.close()
} finally {
  const ended = once(server, 'exit')
  server.kill('SIGTERM')
  await ended
  await rm(dataDir, { recursive: true, force: true })
}

async function urlsOf(stdout: AsyncIterable<Buffer>): Promise<{ pageUrl: string; link: string; wechatUrl: string }> {
  let output = ''
  for await (const chunk of stdout) {
    output += String(chunk)
    const [, pageUrl, link, wechatUrl] = /play it +(\S+)\s+console +(\S+)[^]*WeChat +(\S+)/.exec(output) ?? []
    if (pageUrl !== undefined && link !== undefined && wechatUrl !== undefined) return { pageUrl, link, wechatUrl }
  }
  throw new Error(`npm start has ended without saying where its pages are:\n${output}`)
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

/** Books a stay, up to the phone's question whether to pay. */
async function tap(page: Page, pageUrl: string, stay: number): Promise<void> {
  await page.goto(pageUrl)
  await page.locator('#sign-in').click()
  await page.locator('.stay').nth(stay).click()
  await page.locator('#book').click()
  await page.locator('#pay').click()
  await page.locator('#consent-allow').click()
  await page.locator('#pay-now').waitFor()
}

/** Books a stay and pays for it. */
async function buy(page: Page, pageUrl: string, stay: number): Promise<void> {
  await tap(page, pageUrl, stay)
  await page.locator('#pay-now').click()
  await page.locator('#ticket').waitFor()
  await page.close()
}

/** A payment about which a person must decide: WeChat reports another amount. */
async function giveReview(page: Page, pageUrl: string, sandbox: SandboxControl): Promise<void> {
  await tap(page, pageUrl, 3)
  await page.close()
  await sandbox.payOtherAmount()
}
