import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { openOperator as openWhole } from '../../harness/operator.ts'

interface Added {
  endpoint: { id: string }
  secret: string
}

/** Runs `admin webhook …`. */
function openOperator(app: TestApp) {
  const { admin, json } = openWhole(app)
  return {
    admin: (...args: string[]) => admin('webhook', ...args),
    json: <Result>(...args: string[]) => json<Result>('webhook', ...args),
  }
}

const URL = 'https://hooks.example.com/paid'

describe('admin webhook', () => {
  test('adds, lists, rotates, disables, enables and removes an endpoint, and shows a secret once', async ({ app }) => {
    const { admin, json } = openOperator(app)
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
    for (const args of [['list'], ['list', '--json'], ['deliveries', id, '--json']]) {
      const shown = await admin(...args)
      expect(shown.code).toBe(0)
      for (const each of [secret, rotated.secret]) expect(shown.output).not.toContain(each.slice(6))
      expect(shown.output).not.toContain('whsec_')
    }
    expect((await admin('remove', id)).code).toBe(0)
    expect(await json('list')).toEqual({ endpoints: [] })
  })

  test('changes nothing in a dry run, and shows no secret', async ({ app }) => {
    const { admin, json } = openOperator(app)
    const dry = await admin('add', URL, '--dry-run')
    expect(dry).toMatchObject({ code: 0, output: expect.stringContaining('Dry run: nothing is changed.') })
    expect(dry.output).not.toContain('whsec_')
    expect(await json('list')).toEqual({ endpoints: [] })
  })

  test.for([
    [1, ['add', 'http://hooks.example.com/'], 'url must begin with https://'],
    [1, ['add', 'https://169.254.169.254/'], 'url must lead to a public address, unless WEBHOOK_ALLOW_PRIVATE=true'],
    [1, ['add', URL, '--types', 'payment.lost'], 'types must be some of payment.created'],
    [1, ['remove', 'we_nobody'], 'There is no such webhook endpoint'],
    [1, ['replay', 'we_nobody', '--failed'], 'There is no such webhook endpoint'],
    [2, ['replay', 'we_nobody'], 'replay needs one of'],
    [2, ['replay', 'we_nobody', '--since', 'yesterday'], 'It must be like 2026'],
    [2, ['replay', 'we_nobody', '--since', '2026-02-30T00:00:00Z'], 'It must be like 2026'],
    [
      2,
      ['replay', 'we_nobody', '--since', '2026-11-30T00:00:00Z', '--until', '2026-11-01T00:00:00Z'],
      'until must be after since',
    ],
  ] as const)('ends with %i, and the reason, after %j', async ([code, args, reason], { app }) => {
    const { admin, json } = openOperator(app)
    const refused = await admin(...args)
    expect(refused).toMatchObject({ code, output: '', complaint: expect.stringContaining(reason) })
    expect(await json('list')).toEqual({ endpoints: [] })
  })

  test('says that there is no such event', async ({ app }) => {
    const { admin, json } = openOperator(app)
    const { endpoint } = await json<Added>('add', URL)
    expect(await admin('replay', endpoint.id, '--event', 'PA-nobody:1')).toMatchObject({
      code: 1,
      complaint: "There is no such event, or it isn't yours. Check the number.",
    })
  })
})
