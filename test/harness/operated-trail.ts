import { expect } from './app.ts'
import { AT_THE_TERMINAL, type Operated } from './operated.ts'
import { AT_THE_CONSOLE } from './operator-desk.ts'

/** What was done, and about which number. */
interface Act {
  number: string
  /** As the trail calls it: `review accept`. */
  action: string
  reason: string
}

/** Whatever one face does the other shows: who did it, and why. */
export async function expectActs(operated: Operated, acts: { byCommand: Act; byConsole: Act }): Promise<void> {
  const { admin, desk } = operated
  const { page, open } = await desk()
  await open(`find/${acts.byCommand.number}`)
  await page.locator('.entry-act', { hasText: textOf(`${AT_THE_TERMINAL} by the command`, acts.byCommand) }).waitFor()
  const { output } = await admin('timeline', acts.byConsole.number)
  expect(output).toContain(textOf(`${AT_THE_CONSOLE} in the console`, acts.byConsole))
}

function textOf(operator: string, { action, reason }: Act): string {
  return `${operator}: ${action}, because ${reason}`
}

/** None of these numbers waits for a person any more. */
export async function expectNobodyWaits({ desk }: Operated, numbers: string[]): Promise<void> {
  const { page, open } = await desk()
  await open('decide')
  await page.locator('#stuck-orders').waitFor()
  const cases = (await page.locator('.case').allInnerTexts()).join('\n')
  expect(numbers.filter((number) => cases.includes(number))).toEqual([])
}
