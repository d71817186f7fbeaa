import axe from 'axe-core'
import type { Page } from 'playwright-core'

const FINISH_ANIMATIONS = `document.getAnimations().forEach((each) => {
  if (each.effect.getTiming().iterations === 1) each.finish()
})`

/** What axe objects to in all that is in sight: contrast, order of headings, names and roles … */
export async function objections({ page }: { page: Page }, step: string): Promise<string[]> {
  // A colour halfway through its animation is nobody's.
  await page.evaluate(FINISH_ANIMATIONS)
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source)
  return page.evaluate<string[]>(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
      ${JSON.stringify(step)} + ': ' + id + ' ' + target + ' ' + failureSummary)))`)
}
