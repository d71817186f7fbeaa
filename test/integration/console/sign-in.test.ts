import pino from 'pino'
import type { Tx } from '../../../src/infra/database.ts'
import { inviteOperator, revokeOperator } from '../../../src/operator/account.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { openTestConsole, type TestConsole } from '../../harness/console.ts'
import { WAITING_FOR_LOCK } from '../../harness/locks.ts'
import { openOperator } from '../../harness/operator.ts'
import { whileTableLocked } from '../../harness/race.ts'

const ME = '{ me { name role } }'

const useLink = ({ send }: TestConsole, token: string) => send({ path: '/sign-in', body: JSON.stringify({ token }) })

async function expire({ deps }: TestApp, table: 'operator_link' | 'operator_session'): Promise<void> {
  await deps.db.$executeRawUnsafe(`UPDATE ${table} SET "expiresAt" = now() - interval '1 second'`)
}

async function idOf({ deps }: TestApp, name: string): Promise<string> {
  return (await deps.db.operator.findFirstOrThrow({ where: { name, revokedAt: null } })).id
}

const addLiLei = (tx: Tx) => inviteOperator(tx, { name: 'Li Lei' })

describe('a link of the console', () => {
  test('is printed by admin operator add, and signs in whoever it names', async ({ app }) => {
    const opened = await openTestConsole(app)
    const { admin } = openOperator(app, { CONSOLE_URL: 'http://127.0.0.1:4002' })
    const { output } = await admin('operator', 'add', 'Han Meimei', '--role', 'viewer', '--reason', 'audits us')
    const [, token = ''] = /^http:\/\/127\.0\.0\.1:4002\/#\/sign-in\/([\w-]{43})$/m.exec(output) ?? []

    const { status, headers, body } = await useLink(opened, token)
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject({ name: 'Han Meimei', role: 'VIEWER' })
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(/^looklook_console=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/),
    ])
    expect(await app.deps.db.operatorAct.findMany({ orderBy: { at: 'asc' } })).toMatchObject([
      { action: 'operator add', number: 'Han Meimei', reason: 'audits us', operatorId: null, via: 'COMMAND' },
      { action: 'sign in', operator: 'Han Meimei', operatorId: await idOf(app, 'Han Meimei'), via: 'CONSOLE' },
    ])
  })

  test('is had by each of two who add one operator at once', async ({ app }) => {
    const { db } = app.deps
    const { first, adding } = await db.$transaction(async (tx) => {
      const added = await addLiLei(tx)
      const other = db.$transaction(addLiLei)
      other.catch(() => {})
      await expect.poll(async () => (await db.$queryRawUnsafe<object[]>(WAITING_FOR_LOCK)).length).toBe(1)
      return { first: added, adding: { other } }
    })
    expect((await adding.other).operator).toEqual(first.operator)
  })

  test('signs in one of ten who come with it at once, and nobody after that', async ({ app }) => {
    const opened = await openTestConsole(app)
    const token = await opened.invite()
    const answers = await Promise.all(Array.from({ length: 10 }, () => useLink(opened, token)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    // Whoever waits too long for a connection, on a slow machine, is told to come again.
    expect(answers.filter(({ status }) => status === 403 || status === 503)).toHaveLength(9)
    expect(await useLink(opened, token)).toMatchObject({ status: 403, body: expect.stringContaining('LINK_OVER') })
    expect(await app.deps.db.operatorSession.count()).toBe(1)
  })

  test('signs nobody in once it has expired, or its operator is revoked, or when it is made up', async ({ app }) => {
    const opened = await openTestConsole(app)
    const expired = await opened.invite('Li Lei')
    await expire(app, 'operator_link')
    const revoked = await opened.invite('Han Meimei')
    await app.deps.db.$transaction((tx) => revokeOperator(tx, 'Han Meimei'))
    for (const token of [expired, revoked, 'a'.repeat(43), '']) {
      expect((await useLink(opened, token)).status).toBe(403)
    }
  })

  test('is looked up a number of times a minute for an address, whoever tries them', async ({ app }) => {
    const config = { ...app.deps.config, rateLimitFactor: 1 }
    const opened = await openTestConsole({ ...app, deps: { ...app.deps, config } })
    const answers = await Promise.all(Array.from({ length: 61 }, () => useLink(opened, 'a'.repeat(43))))
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(60)
    expect(answers.find(({ status }) => status === 429)).toMatchObject({
      headers: { 'retry-after': expect.any(String) },
      body: expect.stringContaining('RATE_LIMITED'),
    })
  })

  test('isn’t consumed by whoever only looks at it', async ({ app }) => {
    const opened = await openTestConsole(app)
    const token = await opened.invite()
    expect((await opened.send({ method: 'GET', path: `/sign-in?token=${token}` })).status).toBe(405)
    expect((await useLink(opened, token)).status).toBe(200)
  })

  test('leaves its token neither in the database nor in the log', async ({ app }) => {
    const written: string[] = []
    const log = pino({ level: 'trace' }, { write: (line: string) => void written.push(line) })
    const opened = await openTestConsole({ ...app, deps: { ...app.deps, log } })
    const token = await opened.invite()
    await useLink(opened, token)
    await useLink(opened, token)
    const { cookie } = await opened.signIn()
    await opened.send({ headers: { cookie }, body: JSON.stringify({ query: ME }) })

    const { db } = app.deps
    const kept = JSON.stringify([
      await db.operatorLink.findMany(),
      await db.operatorSession.findMany(),
      await db.operatorAct.findMany(),
    ])
    expect(written.join('')).toContain('operator signed in')
    for (const secret of [token, cookie.split('=')[1] ?? '']) {
      expect(secret).toHaveLength(43)
      expect(kept).not.toContain(secret)
      expect(written.join('')).not.toContain(secret)
    }
  })
})

describe('a session of the console', () => {
  test('is asked for by everything but the page', async ({ app }) => {
    const { send } = await openTestConsole(app)
    const body = JSON.stringify({ query: ME })
    expect(await send({ body })).toMatchObject({ status: 401, body: expect.stringContaining('UNAUTHENTICATED') })
    expect((await send({ body, headers: { cookie: `looklook_console=${'a'.repeat(43)}` } })).status).toBe(401)
  })

  test('ends with its operator’s revocation, by signing out, and after its time', async ({ app }) => {
    const opened = await openTestConsole(app)
    const [first, second, third] = [
      await opened.signIn('Li Lei'),
      await opened.signIn('Han Meimei'),
      await opened.signIn('Jim Green'),
    ]
    expect(await first.ask(ME)).toEqual({ me: { name: 'Li Lei', role: 'OPERATOR' } })
    expect((await openOperator(app).admin('operator', 'revoke', 'Li Lei')).code).toBe(0)
    expect((await first.send({ body: JSON.stringify({ query: ME }) })).status).toBe(401)

    expect((await second.send({ path: '/sign-out' })).headers['set-cookie']?.[0]).toContain('Max-Age=0')
    expect((await second.send({ body: JSON.stringify({ query: ME }) })).status).toBe(401)

    await expire(app, 'operator_session')
    expect((await third.send({ body: JSON.stringify({ query: ME }) })).status).toBe(401)
  })

  test('has no more operations in hand than the limit says', async ({ app }) => {
    const limits = { ...app.deps.config.limits, operationsInHandPerClient: 1 }
    const config = { ...app.deps.config, rateLimitFactor: 1, limits }
    const { signIn } = await openTestConsole({ ...app, deps: { ...app.deps, config } })
    const browser = await signIn('Li Lei')
    const askWho = async () => (await browser.send({ body: JSON.stringify({ query: ME }) })).body

    const lock = async () => {
      const first = browser.send({ body: JSON.stringify({ query: '{ waiting { count } }' }) })
      first.catch(() => {})
      await expect.poll(async () => (await app.deps.db.$queryRawUnsafe<object[]>(WAITING_FOR_LOCK)).length).toBe(1)
      expect(await askWho()).toContain('RATE_LIMITED')
      return () => first
    }
    expect((await whileTableLocked(app, 'payment_mismatch', lock, 'reads')).body).toContain('"count":0')
    await expect.poll(askWho).toContain('Li Lei')
  })

  test('has the role that its operator has now', async ({ app }) => {
    const opened = await openTestConsole(app)
    const browser = await opened.signIn('Li Lei')
    const { admin } = openOperator(app)
    await admin('operator', 'add', 'Li Lei', '--role', 'viewer')
    expect(await browser.ask(ME)).toEqual({ me: { name: 'Li Lei', role: 'VIEWER' } })
    await admin('operator', 'add', 'Li Lei')
    expect(await browser.ask(ME)).toEqual({ me: { name: 'Li Lei', role: 'VIEWER' } })
  })

  test('of a revoked operator isn’t the next one’s of the same name', async ({ app }) => {
    const opened = await openTestConsole(app)
    const browser = await opened.signIn('Li Lei')
    const { admin, json } = openOperator(app)
    await admin('operator', 'revoke', 'Li Lei')
    await admin('operator', 'add', 'Li Lei')
    expect((await browser.send({ body: JSON.stringify({ query: ME }) })).status).toBe(401)
    expect(await json('operator', 'list')).toMatchObject({
      operators: [
        { name: 'Li Lei', sessions: 0, revokedAt: null },
        { name: 'Li Lei', sessions: 0, revokedAt: expect.any(String) },
      ],
    })
  })
})
