import type { Browser, Locator, Page } from 'playwright-core'
import { LONG_MS } from './patience.ts'
import type { AtEnd } from './processes.ts'

/** Who decides in the console. */
export const AT_THE_CONSOLE = 'Han Meimei'

/** An operator's browser at the console of a deployment, in English. */
export interface OperatorDesk {
  page: Page
  /** Opens a view by its address, such as `bill/2026-11-26`, as it is now. */
  open(place: string): Promise<void>
  /**
   * Does what a button asks for, as an operator does: tries it out, says why, confirms, and closes the dialog.
   *
   * @param input.fields what the dialog asks for beside the reason, by name.
   */
  act(button: Locator, input: { reason: string; fields?: Record<string, string> }): Promise<Said>
  /** The same up to the confirmation, with its dialog left open. @returns what would happen. */
  tryOut(button: Locator, input?: { fields?: Record<string, string> }): Promise<string>
  /** From now on, in this test, the browser may log errors for responses of this path, because a refusal is expected. */
  allowErrors(path: string): void
  /** The errors that the browser has logged since they were taken before, and its requests to anybody else. */
  takeProblems(): string[]
}

/** What an act has said, first by its dry run. */
export interface Said {
  foreseen: string
  done: string
}

type AdminJson = <Result>(...args: string[]) => Promise<Result>

interface Opening {
  /** The console's. */
  url: string
  browser: Browser
  adminJson: AdminJson
  atEnd: AtEnd
}

/** Opens a page, and signs an operator in by the link that the command prints. */
export async function openOperatorDesk({ url, browser, adminJson, atEnd }: Opening): Promise<OperatorDesk> {
  const { link } = await adminJson<{ link: string }>('operator', 'add', AT_THE_CONSOLE)
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: 'en-US',
    reducedMotion: 'reduce',
  })
  atEnd(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(LONG_MS)
  const watch = watchForProblems(page, url)
  await page.goto(link)
  await page.locator('#who').waitFor()
  const tryOut: OperatorDesk['tryOut'] = async (button, { fields = {} } = {}) => {
    await button.click()
    for (const [name, value] of Object.entries(fields)) await page.locator(`#act-${name}`).fill(value)
    // What asks for nothing more is tried out at once.
    if (Object.keys(fields).length > 0) await page.locator('#act-confirm').click()
    await page.locator('#act-foreseen li').first().waitFor()
    return (await page.locator('#act-foreseen li').allInnerTexts()).join('\n')
  }
  return {
    page,
    ...watch,
    open: async (place) => {
      await page.goto(`${url}/#/${place}`)
      // A view whose address is open already isn't loaded again.
      await page.reload()
      await page.locator('.view .view-title').waitFor()
    },
    tryOut,
    act: async (button, { reason, fields }) => {
      const foreseen = await tryOut(button, { fields })
      await page.locator('#act-reason').fill(reason)
      await page.locator('#act-confirm').click()
      await page.locator('#act .act-done').waitFor()
      const done = (await page.locator('#act .act-done li').allInnerTexts()).join('\n')
      await page.locator('#act-close').click()
      await page.locator('#act').waitFor({ state: 'detached' })
      return { foreseen, done }
    },
  }
}

function watchForProblems(page: Page, url: string): Pick<OperatorDesk, 'allowErrors' | 'takeProblems'> {
  let problems: string[] = []
  let allowed: string[] = []
  page.on('console', (message) => {
    const { url: from } = message.location()
    if (allowed.some((path) => from.endsWith(path))) return
    // A page that opens asks who is signed in; nobody is, before a link is used.
    if (from.endsWith('/graphql') && message.text().includes('401')) return
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`${message.text()} (${from})`)
  })
  page.on('pageerror', (error) => problems.push(error.stack ?? error.message))
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== url) problems.push(`a request to ${request.url()}`)
  })
  return {
    allowErrors: (path) => void allowed.push(path),
    takeProblems: () => {
      const taken = problems
      problems = []
      allowed = []
      return taken
    },
  }
}
