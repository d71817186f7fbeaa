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
  secret: string
}

const URL = 'https://hooks.example.com/paid'

describe('npm run admin -- webhook', () => {
  test('adds, lists, rotates, disables, enables and removes an endpoint, and shows a secret once', async () => {
    const { admin, json } = await openOperator()
    const { endpoint, secret } = await json<Added>('add', URL, '--types', 'payment.succeeded,payment.refunded')
    expect(secret).toMatch(/^whsec_[0-9A-Za-z+/]{43}=$/)
    const { id } = endpoint

    const listed = await admin('list')
    expect(listed).toMatchObject({ code: 0, output: expect.stringContaining(`${id} ${URL}`) })
    expect(listed.output).toContain('payment.succeeded,payment.refunded, enabled, 0 waiting, 0 failed')

    const rotated = await json<Added>('rotate', id, '--keep-hours', '48')
    expect(rotated.secret).not.toBe(secret)
    expect((await admin('disable', id, '--reason', 'their office moves')).output).toContain(
      'disabled: their office moves',
    )
    expect((await admin('enable', id)).output).toContain('enabled')
    const commands = [['list'], ['list', '--json'], ['deliveries', id, '--json']]
    for (const shown of await Promise.all(commands.map((args) => admin(...args)))) {
      expect(shown.code).toBe(0)
      for (const each of [secret, rotated.secret]) expect(shown.output).not.toContain(each.slice(6))
      expect(shown.output).not.toContain('whsec_')
    }
    expect((await admin('remove', id)).code).toBe(0)
    expect(await json('list')).toEqual({ endpoints: [] })
  })

  test('changes nothing in a dry run, and shows no secret', async () => {
    const { admin, json } = await openOperator()
    const dry = await admin('add', URL, '--dry-run')
    expect(dry).toMatchObject({ code: 0, output: expect.stringContaining('Dry run: nothing is changed.') })
    expect(dry.output).not.toContain('whsec_')
    expect(await json('list')).toEqual({ endpoints: [] })
  })

  test('refuses what must not be, with the reason: 1 for what can’t be done, 2 for what is asked for wrongly', async () => {
    const { admin } = await openOperator()
    const refusals = await Promise.all([
      admin('add', 'http://hooks.example.com/'),
      admin('add', 'https://169.254.169.254/'),
      admin('add', URL, '--types', 'payment.lost'),
      admin('remove', 'we_nobody'),
      admin('replay', 'we_nobody', '--failed'),
      admin('replay', 'we_nobody'),
      admin('replay', 'we_nobody', '--since', 'yesterday'),
      admin('replay', 'we_nobody', '--since', '2026-02-30T00:00:00Z'),
      admin('replay', 'we_nobody', '--since', '2026-11-30T00:00:00Z', '--until', '2026-11-01T00:00:00Z'),
    ])
    expect(refusals.map(({ code }) => code)).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2])
    expect(refusals.map(({ output }) => output.split('\n')[0])).toEqual([
      'url must begin with https://',
      'url must lead to a public address, unless WEBHOOK_ALLOW_PRIVATE=true',
      expect.stringContaining('types must be some of payment.created'),
      expect.stringContaining('There is no such webhook endpoint'),
      expect.stringContaining('There is no such webhook endpoint'),
      expect.stringContaining('replay needs one of'),
      expect.stringContaining('It must be like 2026'),
      expect.stringContaining('It must be like 2026'),
      'until must be after since',
    ])
  })

  test('says what is not there, or cannot be reached, whatever the log is set to', async () => {
    const { admin, json } = await openOperator()
    const { endpoint } = await json<Added>('add', URL)
    expect(await admin('replay', endpoint.id, '--event', 'PA-nobody:1')).toEqual({
      code: 1,
      output: "There is no such event, or it isn't yours. Check the number.\n",
    })
    const away = await openOperator({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' })
    const { code, output } = await away.admin('list')
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('127.0.0.1:1') })
    expect(output.trim().split('\n')).toHaveLength(1)
  })

  test('explains itself without settings, and names those that are missing', async () => {
    const { admin } = await openOperator({ DATABASE_URL: '' })
    expect(await admin('--help')).toMatchObject({ code: 0, output: expect.stringContaining('replay') })
    expect(await admin('list')).toMatchObject({ code: 1, output: expect.stringContaining('DATABASE_URL is missing') })
  })
})
