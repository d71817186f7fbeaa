import { canRunBrowser, describe, desktop, expect, phone, test, type Visit } from './fixtures.ts'

const WIDTHS = [320, 390, 600, 819, 820, 1099, 1100, 1440]

/** Which of these are in sight. */
async function inSight({ page }: Visit, selectors: string[]): Promise<string[]> {
  const isThere = await Promise.all(selectors.map((selector) => page.locator(selector).isVisible()))
  return selectors.filter((_, index) => isThere[index])
}

describe('the widths of the page', { skip: !canRunBrowser() }, () => {
  test.override({ device: { ...desktop, locale: 'en-US' } })

  test('GraphiQL, Health and the language are in sight on every width, and nothing is wider than the window', async ({
    visit,
  }) => {
    const { page } = visit
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 })
      const links = ['a[href="/graphql"]', 'a[href="/readyz"]', '#language']
      expect(await inSight(visit, links), `${width} px`).toEqual(links)
      expect(await page.evaluate('document.documentElement.scrollWidth'), `${width} px`).toBe(width)
      const boxes = await Promise.all(links.map((link) => page.locator(link).boundingBox()))
      for (const box of boxes) expect((box?.x ?? 0) + (box?.width ?? width), `${width} px`).toBeLessThanOrEqual(width)
    }
  })

  test('one part is in sight below 820 px, the phone and one part from there on, and all from 1100 px', async ({
    visit,
  }) => {
    const { page } = visit
    const parts = ['.phone', '.counter', '.trouble', '.traffic-list']
    const shownAt: [number, string, string[]][] = [
      [819, 'guest', ['.phone']],
      [819, 'trouble', ['.trouble']],
      [820, 'trouble', ['.phone', '.trouble']],
      [820, 'host', ['.phone', '.counter']],
      [1099, 'traffic', ['.phone', '.traffic-list']],
    ]
    for (const [width, view, expected] of shownAt) {
      await page.setViewportSize({ width, height: 800 })
      await page.locator(`.views [data-view=${view}]`).click()
      expect(await inSight(visit, parts), `${view} at ${width} px`).toEqual(expected)
    }
    await page.setViewportSize({ width: 819, height: 800 })
    await page.locator('.views [data-view=guest]').click()
    await page.setViewportSize({ width: 820, height: 800 })
    await expect.poll(() => inSight(visit, parts)).toEqual(['.phone', '.traffic-list'])
    expect(await page.locator('.views [aria-current]').innerText()).toBe('Messages')
    await page.setViewportSize({ width: 1100, height: 800 })
    expect(await inSight(visit, parts)).toEqual(parts)
  })

  test('no star stands behind the words of the welcome screen', async ({ visit }) => {
    const { page } = visit
    for (const [width, height] of [
      [320, 560],
      [390, 844],
      [820, 1180],
      [1440, 900],
    ] as const) {
      await page.setViewportSize({ width, height })
      const covered = await page.evaluate<number>(`(() => {
        const words = [...document.querySelectorAll('.welcome-title, .welcome-art p')].map((each) => each.getBoundingClientRect())
        const stars = [...document.querySelectorAll('.welcome-stars circle')].map((each) => each.getBoundingClientRect())
        return stars.filter((star) => star.height > 0 && words.some((word) => star.bottom > word.top && star.top < word.bottom)).length
      })()`)
      expect(covered, `${width} by ${height}`).toBe(0)
    }
    expect(await page.locator('.welcome-art .cover circle').count(), 'the moon alone').toBe(1)
  })
})

describe('the line of the newest message on a phone', { skip: !canRunBrowser() }, () => {
  test.override({ device: phone })

  test('the line has a name, with and without a message, and leads to all of them', async ({ visit }) => {
    const { page } = visit
    const ticker = page.locator('.ticker')
    expect(await ticker.getAttribute('aria-label')).toBe('Messages, the newest: none yet')
    await page.locator('#sign-in').click()
    await page.locator('.stay').first().waitFor()
    // Whichever answer came last.
    expect(await ticker.getAttribute('aria-label')).toMatch(
      /^Messages, the newest: (?:homestays(?: × \d+)?|messageTemplates|homestayOrders × 0)$/,
    )
    await ticker.click()
    expect(await page.locator('#traffic-list').isVisible()).toBe(true)
  })
})
