/** `npm run screenshot`: plays a purchase on the page of a fresh `npm start`, and writes docs/images/page.png. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { openChromium } from '../test/browser/chromium.ts'

const IMAGE = 'docs/images/page.png'

const dataDir = await mkdtemp(join(tmpdir(), 'looklook-screenshot-'))
const server = spawn('node', ['src/main.ts'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { PATH: process.env['PATH'], DATA_DIR: dataDir, PORT: '0', SANDBOX_PORT: '0', LOG_LEVEL: 'warn' },
})
try {
  const url = await urlOf(server.stdout)
  const browser = await openChromium()
  const page = await browser.newPage({ viewport: { width: 1400, height: 860 }, locale: 'en-US' })
  await page.goto(url)
  await play(page)
  await page.screenshot({ path: IMAGE })
  await browser.close()
  process.stdout.write(`${IMAGE} written\n`)
} finally {
  const ended = once(server, 'exit')
  server.kill('SIGTERM')
  await ended
  await rm(dataDir, { recursive: true, force: true })
}

async function urlOf(stdout: AsyncIterable<Buffer>): Promise<string> {
  let output = ''
  for await (const chunk of stdout) {
    output += String(chunk)
    const url = /play it +(\S+)/.exec(output)?.[1]
    if (url !== undefined) return url
  }
  throw new Error(`npm start has ended without saying where the page is:\n${output}`)
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
