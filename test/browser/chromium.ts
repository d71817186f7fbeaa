import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Where Debian's packages put it. The first has no windows, and starts in half of the time. */
const PLACES = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium']

/** Headless, also as root, and silent towards everything but the page. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const executablePath = PLACES.find(existsSync)

export function hasChromium(): boolean {
  return executablePath !== undefined
}

/** @param flags beside the usual ones. */
export function openChromium(...flags: string[]): Promise<Browser> {
  if (executablePath === undefined) throw new Error('there is no Chromium: apt-get install chromium-headless-shell')
  return chromium.launch({ executablePath, args: [...FLAGS, ...flags] })
}
