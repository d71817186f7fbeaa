import { endAllSessions, findSession, replaceSession, startSession } from '../../../src/user/session.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { givenGuest } from '../../harness/fixtures.ts'
import { race } from '../../harness/race.ts'

describe('logging out everywhere', () => {
  test('logging out everywhere also revokes the session that a token was just refreshed to', async ({ app }) => {
    const { deps } = app
    const { id: userId } = await givenGuest(app)
    const stolen = await startSession(deps, { userId })
    const { sessionId } = (await findSession(deps, stolen.accessToken)) ?? expect.fail('the token holds')

    await race<unknown>(app, { table: 'user', key: userId }, [
      () => replaceSession(deps, { sessionId, userId }),
      () => endAllSessions(deps, { userId }),
    ])

    expect(await deps.db.session.count({ where: { userId, revokedAt: null } })).toBe(0)
  })

  test('refuses to refresh a session that waited while its user logged out everywhere', async ({ app }) => {
    const { deps } = app
    const { id: userId } = await givenGuest(app)
    const stolen = await startSession(deps, { userId })
    const { sessionId } = (await findSession(deps, stolen.accessToken)) ?? expect.fail('the token holds')

    await race<unknown>(app, { table: 'user', key: userId }, [
      () => endAllSessions(deps, { userId }),
      () => replaceSession(deps, { sessionId, userId }),
    ])

    expect(await deps.db.session.count({ where: { userId, revokedAt: null } })).toBe(0)
  })
})
