import { describe, expect, onTestFinished, test } from 'vitest'
import { cloneDatabase } from '../harness/database.ts'
import { run } from '../harness/processes.ts'

interface Ran {
  code: number | null
  output: string
}

/** Runs `admin webhook …` as an operator does, on a database of its own. */
async function openOperator(env: Record<string, string> = {}) {
  const database = await cloneDatabase()
  onTestFinished(() => database.drop())
  const admin = async (...args: string[]): Promise<Ran> => {
    const settings = { DATABASE_URL: database.url, LOG_LEVEL: 'silent', ...env }
    const started = run(['node', 'src/admin.ts', 'webhook', ...args], { env: settings })
    const { code } = await started.ended
    return { code, output: started.output() }
  }
  const json = async <Result>(...args: string[]) => JSON.parse((await admin(...args, '--json')).output) as Result
  return { admin, json }
}

interface Added {
  endpoint: { id: string }
}

describe('npm run admin -- webhook', () => {
  test('adds an endpoint, and says what is not there, whatever the log is set to', async () => {
    const { admin, json } = await openOperator()
    const { endpoint } = await json<Added>('add', 'https://hooks.example.com/paid')
    expect((await admin('list')).output).toContain(endpoint.id)
    expect(await admin('replay', endpoint.id, '--event', 'PA-nobody:1')).toEqual({
      code: 1,
      output: "There is no such event, or it isn't yours. Check the number.\n",
    })
  })

  test('says in one line what cannot be reached', async () => {
    const { admin } = await openOperator({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' })
    const { code, output } = await admin('list')
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('127.0.0.1:1') })
    expect(output.trim().split('\n')).toHaveLength(1)
  })

  test('explains itself without settings, and names those that are missing', async () => {
    const { admin } = await openOperator({ DATABASE_URL: '' })
    expect(await admin('--help')).toMatchObject({ code: 0, output: expect.stringContaining('replay') })
    expect(await admin('list')).toMatchObject({ code: 1, output: expect.stringContaining('DATABASE_URL is missing') })
  })
})
