import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { LANGUAGES, type Language, type PathOf, SIZES, WAIT_MS, writePicture } from './picture.ts'

interface Shown {
  /** The number whose timeline is shown. */
  orderSn: string
  /** The day whose bill is. */
  day: string
}

interface Pictures extends Shown {
  /** Signs in, once. */
  link: string
  pathOf: PathOf
}

/** Opens a view, up to what makes it worth a picture. */
type View = (page: Page, shown: Shown, language: Language) => Promise<void>

const views: Record<string, View> = {
  board: async (page) => {
    await open(page, 'board')
    await page.locator('.plot canvas').nth(1).waitFor()
    await page.locator('.mark-good').first().waitFor()
  },
  timeline: async (page, { orderSn }) => {
    await open(page, `find/${orderSn}`)
    await page.locator('.entry').nth(10).waitFor()
  },
  decide: async (page, _shown, { reason }) => {
    await open(page, 'decide')
    await page.locator('.case .button').first().click()
    await page.locator('#act-foreseen li').first().waitFor()
    await page.locator('#act-reason').fill(reason)
  },
  bill: async (page, { day }) => {
    await open(page, `bill/${day}`)
    await page.locator('#differences').waitFor()
    await page.locator('#calendar a').first().waitFor()
  },
}

/** Pictures of the console's views, at three widths and in both languages. */
export async function takeConsole(browser: Browser, { link, pathOf, ...shown }: Pictures): Promise<void> {
  const [url = ''] = link.split('#')
  const first = await browser.newContext()
  first.setDefaultTimeout(WAIT_MS)
  const signingIn = await first.newPage()
  await signingIn.goto(link)
  await signingIn.locator('#who').waitFor()
  const storageState = await first.storageState()
  for (const language of LANGUAGES) {
    for (const viewport of SIZES) {
      const page = await openPage(browser, url, { viewport, locale: language.locale, storageState })
      for (const [view, show] of Object.entries(views)) {
        const path = pathOf(`console-${view}-${viewport.width}-${language.name}`)
        if (path === undefined) continue
        await show(page, shown, language)
        await writePicture(page, path)
        await page.keyboard.press('Escape')
      }
      await page.context().close()
    }
  }
}

async function openPage(browser: Browser, url: string, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ ...options, reducedMotion: 'reduce' })
  context.setDefaultTimeout(WAIT_MS)
  const page = await context.newPage()
  await page.goto(url)
  await page.locator('#who').waitFor({ state: 'attached' })
  return page
}

/** Goes to a view by its address, as a link does. */
async function open(page: Page, place: string): Promise<void> {
  await page.evaluate(`location.hash = '#/${place}'`)
  await page.locator(`.view[data-view=${place.split('/')[0]}] .view-title`).waitFor()
}
