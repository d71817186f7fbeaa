import { onTestFinished } from 'vitest'
import { deleteEndedSessions } from '../../src/user/delete-sessions.ts'
import { endAllSessions, endSession, findSession, replaceSession, startSession } from '../../src/user/session.ts'
import { watchSessions } from '../../src/user/session-watch.ts'
import { describe, expect, type TestApp, test } from '../harness/app.ts'
import { givenGuest } from '../harness/fixtures.ts'

const HOUR_MS = 3_600_000

/** Sessions of one user, watched by a process that doesn't poll. */
async function givenWatched({ deps, ...app }: TestApp, count: number, checkEveryMs = HOUR_MS) {
  const { id: userId } = await givenGuest({ deps, ...app })
  const watch = watchSessions(deps, { checkEveryMs })
  onTestFinished(watch.close)
  const ended: string[] = []
  const sessionIds: string[] = []
  for (let index = 0; index < count; index++) {
    const { accessToken } = await startSession(deps, { userId })
    const { sessionId } = (await findSession(deps, accessToken)) ?? expect.fail('the token holds')
    watch.watch(sessionId, () => ended.push(sessionId))
    sessionIds.push(sessionId)
  }
  return { userId, sessionIds, ended }
}

describe('a watched session', () => {
  test('ends by a hint when its user logs out, refreshes it, or logs out everywhere', async ({ app }) => {
    const { deps } = app
    const { userId, sessionIds, ended } = await givenWatched(app, 4)
    const [first = '', second = ''] = sessionIds

    await endSession(deps, { sessionId: first })
    await expect.poll(() => ended).toEqual([first])
    await replaceSession(deps, { sessionId: second, userId })
    await expect.poll(() => ended).toEqual([first, second])
    await endAllSessions(deps, { userId })
    await expect.poll(() => ended.toSorted()).toEqual(sessionIds.toSorted())
  })

  test('goes on after a hint that isn’t true', async ({ app }) => {
    const { sessionIds, ended } = await givenWatched(app, 2)
    const [live = '', revoked = ''] = sessionIds
    await app.deps.db.session.update({ where: { id: revoked }, data: { revokedAt: new Date() } })

    app.deps.pubsub.publishEndedSessions([live, revoked])

    await expect.poll(() => ended).toEqual([revoked])
  })

  test('ends without a hint, found by the next check', async ({ app }) => {
    const { sessionIds, ended } = await givenWatched(app, 2, 20)
    const [, second = ''] = sessionIds
    await app.deps.db.session.update({ where: { id: second }, data: { revokedAt: new Date() } })
    await expect.poll(() => ended).toEqual([second])
  })

  test('ends when it expires', async ({ app }) => {
    const { sessionIds, ended } = await givenWatched(app, 2, 20)
    const [, second = ''] = sessionIds
    await app.deps.db.$executeRaw`
      UPDATE session SET "expiresAt" = now() + interval '50 milliseconds' WHERE id = ${second}`
    await expect.poll(() => ended).toEqual([second])
  })
})

describe('ended sessions', () => {
  test('are deleted a day after they expired or were revoked, and no others', async ({ app }) => {
    const { id: userId } = await givenGuest(app)
    await app.deps.db.$executeRaw`
      INSERT INTO session (id, "userId", "expiresAt", "revokedAt") VALUES
        ('expired long ago', ${userId}, now() - interval '25 h', NULL),
        ('revoked long ago', ${userId}, now() + interval '7 days', now() - interval '25 h'),
        ('just expired', ${userId}, now() - interval '23 h', NULL),
        ('just revoked', ${userId}, now() + interval '7 days', now() - interval '23 h'),
        ('live', ${userId}, now() + interval '7 days', NULL)`

    expect(await deleteEndedSessions(app.deps)).toBe(false)

    const left = await app.deps.db.session.findMany({ select: { id: true }, orderBy: { id: 'asc' } })
    expect(left.map(({ id }) => id)).toEqual(['just expired', 'just revoked', 'live'])
  })

  test('are deleted in batches, by several processes at once', async ({ app }) => {
    const { id: userId } = await givenGuest(app)
    await app.deps.db.$executeRaw`
      INSERT INTO session (id, "userId", "expiresAt")
      SELECT 'old ' || n, ${userId}, now() - interval '25 h' FROM generate_series(1, 2500) n`

    expect(await Promise.all([deleteEndedSessions(app.deps), deleteEndedSessions(app.deps)])).toEqual([true, true])
    expect(await app.deps.db.session.count()).toBe(500)
    await app.startWorkers()
    await expect.poll(() => app.deps.db.session.count()).toBe(0)
  })
})
