import type { Page, Route } from 'playwright-core'

/** Holds back the next call of `operation` on its way to the server. */
export async function holdBack(page: Page, operation: string): Promise<{ reached: Promise<Route> }> {
  const held = Promise.withResolvers<Route>()
  let isHeld = false
  await page.route('**/graphql', async (route) => {
    if (isHeld || !route.request().postData()?.includes(operation)) return route.fallback()
    isHeld = true
    held.resolve(route)
  })
  return { reached: held.promise }
}
