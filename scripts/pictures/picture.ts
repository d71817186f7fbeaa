import { writeFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { toPalettePng } from './palette-png.ts'

/** The longest that anything takes to be shown: what a loop does once a minute, on a slow machine too. */
export const WAIT_MS = 150_000

/** A phone, a tablet and a desk. */
export const SIZES = [
  { width: 360, height: 780 },
  { width: 768, height: 1024 },
  { width: 1440, height: 900 },
]
export const LANGUAGES = [
  { name: 'en', locale: 'en-US', reason: 'the guest paid less by agreement' },
  { name: 'zh', locale: 'zh-CN', reason: '与客人约定少付' },
]
export type Language = (typeof LANGUAGES)[number]

/** Where a picture goes, by its name; undefined for one that isn't wanted. */
export type PathOf = (name: string) => string | undefined

/** What the page shows now, with nothing focused or pointed at. */
export async function writePicture(page: Page, path: string): Promise<void> {
  await page.evaluate('document.activeElement?.blur()')
  await page.mouse.move(0, 0)
  await writeFile(path, toPalettePng(await page.screenshot()))
  process.stdout.write(`${path} written\n`)
}
