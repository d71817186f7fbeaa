import { expect } from './app.ts'
import type { Operated } from './operated.ts'
import { run } from './processes.ts'

interface Printed {
  findings: { check: string; result: string; remedy?: string }[]
}

/**
 * What `npm run doctor` finds wrong with these settings changed, each with its remedy. The console finds the same, which was
 * started with them.
 */
export async function examine(operated: Operated, change: Record<string, string> = {}): Promise<string[]> {
  const [printed, shown] = await Promise.all([examineByCommand(operated, change), examineInConsole(operated)])
  expect(shown).toEqual(printed)
  return printed
}

async function examineByCommand({ settings }: Operated, change: Record<string, string>): Promise<string[]> {
  const doctor = run(['node', 'scripts/doctor.ts', '--json'], { env: { ...settings, ...change } })
  const { code } = await doctor.ended
  const { findings } = JSON.parse(doctor.output()) as Printed
  const wrong = findings.filter(({ result }) => result === 'wrong')
  expect(code).toBe(wrong.length > 0 ? 1 : 0)
  return wrong.map(({ check, remedy }) => `${check}: ${remedy}`)
}

async function examineInConsole({ desk }: Operated): Promise<string[]> {
  const { page, open } = await desk()
  await open('check')
  await page.locator('#check-summary', { hasText: 'as of' }).waitFor()
  const wrong = await page.locator('.findings li', { has: page.locator('.mark-bad') }).all()
  const summary = wrong.length > 0 ? `${wrong.length} to mend` : 'Nothing is wrong'
  expect(await page.locator('#check-summary').innerText()).toContain(summary)
  return Promise.all(
    wrong.map(
      async (each) => `${await each.locator('b').innerText()}: ${await each.locator('.finding-remedy').innerText()}`,
    ),
  )
}
