import { seed } from '../../../prisma/seed.ts'
import { describe, expect } from '../../harness/app.ts'
import { countingReads, openTestGraphql, test } from '../../harness/graphql.ts'
import { connectGraphql, serveGraphql } from '../../harness/graphql-client.ts'
import { race } from '../../harness/race.ts'

const LOGIN = `mutation ($code: String!, $phoneCode: String) {
  wxLogin(input: { code: $code, phoneCode: $phoneCode }) {
    __typename
    ... on Session { accessToken expiresAt refreshAfter user { id nickname phoneNumber } }
    ... on InvalidInputError { fields { path message } }
    ... on Error { code message }
  }
}`

interface Session {
  accessToken: string
  expiresAt: string
  refreshAfter: string
  user: { id: string; nickname: string; phoneNumber: string | null }
}

describe('wxLogin', () => {
  test('creates an account at the first login and finds it at the next', async ({ graphql }) => {
    const first = await graphql.anonymous.mutate<Session>(LOGIN, { code: 'code-o_new' })
    const second = await graphql.anonymous.mutate<Session>(LOGIN, { code: 'code-o_new' })

    expect(first.user.nickname).toMatch(/^微信用户.{4}$/)
    expect(first.user.phoneNumber).toBeNull()
    expect(second.user).toEqual(first.user)
    expect(second.accessToken).not.toBe(first.accessToken)
  })

  test.for(['null', 'empty'] as const)(
    'signs in a user whose unionid WeChat answers as %s',
    async (unionid, { app, graphql }) => {
      app.sandbox.changeSettings({ unionid })
      expect(await graphql.anonymous.mutate(LOGIN, { code: 'code-o_new' })).toMatchObject({ __typename: 'Session' })
      expect(await app.deps.db.wechatIdentity.findMany()).toMatchObject([{ openid: 'o_new', unionid: null }])
    },
  )

  test('creates one account for eight first logins at once', async ({ app, graphql }) => {
    const logins = await Promise.all(
      Array.from({ length: 8 }, () => graphql.anonymous.mutate<Session>(LOGIN, { code: 'code-o_hasty' })),
    )

    expect(new Set(logins.map(({ user }) => user.id)).size).toBe(1)
    expect(await app.deps.db.user.count()).toBe(1)
  })

  test('stores the phone number and returns it masked', async ({ app, graphql }) => {
    const session = await graphql.anonymous.mutate<Session>(LOGIN, {
      code: 'code-o_phone',
      phoneCode: 'phone-13812341234',
    })
    const again = await graphql.anonymous.mutate<Session>(LOGIN, { code: 'code-o_phone' })

    expect(session.user.phoneNumber).toBe('138****1234')
    expect(again.user.phoneNumber).toBe('138****1234')
    const stored = await app.deps.db.user.findUniqueOrThrow({ where: { id: session.user.id } })
    expect(stored.phoneNumber).toBe('13812341234')
  })

  test('refuses a login code that is unknown or was used', async ({ graphql }) => {
    await graphql.anonymous.mutate<Session>(LOGIN, { code: 'once-o_once' })

    for (const code of ['once-o_once', 'nonsense']) {
      expect(await graphql.anonymous.mutate(LOGIN, { code })).toMatchObject({
        __typename: 'LoginCodeInvalidError',
        code: 'LOGIN_CODE_INVALID',
      })
    }
  })

  test('stores nothing when the phone code is bad, or somebody else’s', async ({ app, graphql }) => {
    for (const phoneCode of ['nonsense', 'phone-13812341234@o_other']) {
      const refused = await graphql.anonymous.mutate(LOGIN, { code: 'code-o_phone', phoneCode })
      expect(refused).toMatchObject({ __typename: 'LoginCodeInvalidError' })
    }
    expect(await app.deps.db.user.count()).toBe(0)
  })

  test('names the fields whose codes are malformed', async ({ graphql }) => {
    const refused = await graphql.anonymous.mutate(LOGIN, { code: '', phoneCode: 'x'.repeat(257) })

    expect(refused).toMatchObject({
      __typename: 'InvalidInputError',
      code: 'INVALID_INPUT',
      fields: [{ path: 'code' }, { path: 'phoneCode' }],
    })
  })

  test('answers WECHAT_UNAVAILABLE to a login while WeChat is down', async ({ app, graphql }) => {
    await app.sandbox.close()

    expect(await graphql.anonymous.mutate(LOGIN, { code: 'code-o_guest' })).toMatchObject({
      __typename: 'WechatUnavailableError',
      code: 'WECHAT_UNAVAILABLE',
    })
  })

  test('signs the demo host in as the owner of the demo homestays', async ({ app, graphql }) => {
    await seed(app.deps.db)
    const session = await graphql.anonymous.mutate<Session>(LOGIN, { code: 'code-o_demo_host' })
    const again = await graphql.anonymous.mutate<Session>(LOGIN, { code: 'code-o_demo_host' })

    const hostUserId = session.user.id
    expect(again.user.id).toBe(hostUserId)
    expect(await app.deps.db.homestay.count({ where: { business: { hostUserId } } })).toBeGreaterThanOrEqual(8)
  })

  test('gives nobody the demo homestays in production', async ({ app }) => {
    await seed(app.deps.db)
    const graphql = await openTestGraphql({ ...app.deps, config: { ...app.deps.config, production: true } })
    const session = await graphql.anonymous.mutate<Session>(LOGIN, { code: 'code-o_demo_host' })
    await graphql.close()

    expect(await app.deps.db.homestay.count({ where: { business: { hostUserId: session.user.id } } })).toBe(0)
  })
})

describe('a session', () => {
  const ME = '{ me { id } }'
  const REFRESH = 'mutation { refreshSession { accessToken user { id } } }'

  test('sets a session’s expiry to its TTL, and refreshAfter to half of it', async ({ app, graphql }) => {
    const before = Date.now()
    const session = await graphql.anonymous.mutate<Session>(LOGIN, { code: 'code-o_guest' })

    const ttlMs = app.deps.config.session.ttlSeconds * 1000
    expect(Date.parse(session.expiresAt) - before).toBeGreaterThanOrEqual(ttlMs)
    expect(Date.parse(session.expiresAt) - Date.parse(session.refreshAfter)).toBe(ttlMs / 2)
  })

  test('returns null for me without a token', async ({ graphql }) => {
    expect(await graphql.anonymous.run(ME)).toEqual({ me: null })
  })

  test('revokes the old token when a session is refreshed', async ({ graphql }) => {
    const old = await graphql.signIn('o_guest')
    const { refreshSession } = await old.run<{ refreshSession: Session }>(REFRESH)

    expect(await old.send(ME)).toMatchObject({ status: 200, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    expect(refreshSession.accessToken).not.toBe(old.accessToken)
  })

  test('refreshes a session once for two refreshes at once', async ({ app, graphql }) => {
    const client = await graphql.signIn('o_guest')
    const { userId } = await app.deps.db.session.findFirstOrThrow()
    const answers = await race(app, { table: 'user', key: userId }, [
      () => client.send(REFRESH),
      () => client.send(REFRESH),
    ])

    const errors = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.errors : undefined))
    expect(errors.filter((error) => error === undefined)).toHaveLength(1)
    expect(errors.flat().filter((error) => error?.extensions?.['code'] === 'UNAUTHENTICATED')).toHaveLength(1)
    expect(await app.deps.db.session.count({ where: { revokedAt: null } })).toBe(1)
  })

  test('logout ends one session, and logout everywhere all of the user’s', async ({ graphql }) => {
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => graphql.signIn('o_guest')))

    expect(await one?.run('mutation { logout }')).toEqual({ logout: true })
    expect(await one?.send(ME)).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    expect(await two?.run(ME)).toMatchObject({ me: { id: expect.any(String) } })
    expect(await two?.run('mutation { logout(everywhere: true) }')).toEqual({ logout: true })
    expect(await three?.send(ME)).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  })

  test('answers UNAUTHENTICATED once the session’s row has expired', async ({ app, graphql }) => {
    const client = await graphql.signIn('o_guest')
    await app.deps.db.session.updateMany({ data: { expiresAt: new Date(Date.now() - 1000) } })

    expect(await client.send(ME)).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  })

  test('reads a session and its user by one query', async ({ app, graphql }) => {
    const { accessToken } = await graphql.signIn('o_guest')
    const counted = countingReads(app.deps)
    const running = await serveGraphql(counted.deps)
    await connectGraphql(running.url, accessToken).run(ME)
    await running.close()

    expect(counted.reads).toEqual(['$queryRaw'])
  })
})

describe('an invalid token', () => {
  for (const [what, authorization] of [
    ['malformed', 'Bearer nonsense'],
    ['of another scheme', 'Basic bm9uc2Vuc2U='],
    ['empty', 'Bearer '],
    ['unsigned', 'Bearer eyJhbGciOiJub25lIn0.eyJqdGkiOiJ4IiwiZXhwIjo5OTk5OTk5OTk5fQ.'],
  ]) {
    test(`answers UNAUTHENTICATED, even for a public operation, to a token that is ${what}`, async ({ graphql }) => {
      const response = await fetch(graphql.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: authorization ?? '' },
        body: JSON.stringify({ query: '{ homestays { edges { cursor } } }' }),
      })

      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    })
  }
})
