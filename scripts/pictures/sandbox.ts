import type { Browser, Page } from 'playwright-core'
import { LANGUAGES, type PathOf, SIZES, WAIT_MS, writePicture } from './picture.ts'

/** Opens a view, up to what makes it worth a picture. */
const views: Record<string, (page: Page) => Promise<void>> = {
  ledger: async (page) => {
    await page.locator('.row').nth(3).waitFor()
  },
  faults: async (page) => {
    await page.getByRole('radio').nth(7).waitFor()
  },
  requests: async (page) => {
    await page.locator('.request').nth(4).waitFor()
  },
}

/** Pictures of the page of the sandbox at `url`, at three widths and in both languages. */
export async function takeSandbox(browser: Browser, { url, pathOf }: { url: string; pathOf: PathOf }): Promise<void> {
  // Without a signature: its refusal is worth reading.
  await fetch(`${url}/v3/pay/transactions/jsapi`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  for (const language of LANGUAGES) {
    for (const viewport of SIZES) {
      const context = await browser.newContext({ viewport, locale: language.locale, reducedMotion: 'reduce' })
      context.setDefaultTimeout(WAIT_MS)
      const page = await context.newPage()
      for (const [view, show] of Object.entries(views)) {
        const path = pathOf(`sandbox-${view}-${viewport.width}-${language.name}`)
        if (path === undefined) continue
        await page.goto(`${url}/#/${view}`)
        await show(page)
        await writePicture(page, path)
      }
      await context.close()
    }
  }
}
