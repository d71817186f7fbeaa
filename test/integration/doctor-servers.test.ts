import { Redis } from 'ioredis'
import pino from 'pino'
import { inject, onTestFinished, vi } from 'vitest'
import type { Finding } from '../../src/doctor/finding.ts'
import { openPubsub, type PaymentHint } from '../../src/infra/pubsub.ts'
import { describe, expect, test } from '../harness/app.ts'
import { environment, examineIn, findings, serveSilence, serveStalling, wrong } from '../harness/doctor.ts'
import { startRedis } from '../harness/redis.ts'

/** A Redis with one user, who has these rights. @returns the URL of that user. */
async function serveRedisUser(...rights: string[]): Promise<string> {
  const redis = await startRedis()
  if (!redis) throw new Error('redis-server is not installed')
  onTestFinished(() => redis.stop())
  const admin = new Redis(redis.url)
  await admin.call('ACL', 'SETUSER', 'app', 'on', '>secret', 'resetchannels', ...rights)
  admin.disconnect()
  return redis.url.replace('//', '//app:secret@')
}

/** Calls `begin`, moves its timers forward by `ms` without waiting, and resolves to its result. */
async function letTimePass<Result>(begin: () => Promise<Result>, ms: number): Promise<Result> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const begun = begin()
  vi.advanceTimersByTime(ms)
  vi.useRealTimers()
  return begun
}

describe('the doctor’s check of servers', { skip: inject('redisUrl') === null }, () => {
  test('finds an unmigrated database, and says how to migrate it', async ({ app }) => {
    await app.deps.db.$executeRaw`ALTER TABLE _prisma_migrations RENAME TO elsewhere`
    expect(await wrong(app, {})).toEqual(['migrations: run `npm run db:migrate`'])
  })

  test('times out on a server that accepts a connection and does not answer', async ({ app }) => {
    const silent = await serveSilence()
    const change = { REDIS_URL: `redis://${silent}`, DATABASE_URL: `postgresql://${silent}/none` }
    expect(await wrong(app, change)).toEqual([
      'database: correct DATABASE_URL, or start PostgreSQL',
      'Redis: correct REDIS_URL, or start Redis',
    ])
  })

  test('ends with all its findings although PostgreSQL stalls during a query', async ({ app }) => {
    const database = await serveStalling(app.databaseUrl)
    const checking = examineIn('en', environment(app, { DATABASE_URL: database.url }))
    const found: Finding<string>[] = []
    for (let step = await checking.next(); !step.done; ) {
      found.push(step.value)
      if (step.value.check === 'database') {
        database.stall()
        step = await letTimePass(() => checking.next(), 10_000)
      } else {
        step = await checking.next()
      }
    }
    expect(found.filter(({ result }) => result === 'wrong')).toMatchObject([
      { check: 'migrations', detail: 'no answer within 10 s' },
    ])
    expect(found.at(-1)?.check).toBe('shipping info')
  })

  test('finds a PostgreSQL that is too old', async ({ app }) => {
    const name = new URL(app.databaseUrl).pathname.slice(1)
    await app.deps.db.$executeRaw`CREATE SCHEMA old`
    await app.deps.db.$executeRaw`
      CREATE FUNCTION old.current_setting(name text) RETURNS text LANGUAGE sql AS $$
        SELECT CASE name WHEN 'server_version_num' THEN '140099' ELSE pg_catalog.current_setting(name) END $$`
    await app.deps.db.$executeRawUnsafe(`ALTER DATABASE ${name} SET search_path = old, public, pg_catalog`)
    expect(await wrong(app, {})).toEqual(['database: upgrade PostgreSQL'])
  })

  test.for([
    ['channel', 'resetchannels'],
    ['PUBLISH', '-publish'],
    ['SUBSCRIBE', '-subscribe'],
  ])('finds a Redis user without the rights for live updates: no %s', async ([, without = ''], { app }) => {
    const url = await serveRedisUser('+@all', 'allchannels', without)
    const found = (await findings(app, { REDIS_URL: url })).filter(({ result }) => result === 'wrong')
    expect(found).toMatchObject([
      {
        check: 'Redis',
        detail: expect.stringContaining('NOPERM'),
        remedy:
          'allow this user of Redis +publish and +subscribe on the channels &looklook-pay:*, and +eval, +incr, +pttl and +expire on the keys ~looklook-pay:*',
      },
    ])
  })

  test('accepts a Redis user with the rights for live updates alone', async ({ app }) => {
    const url = await serveRedisUser('+publish', '+subscribe', '&looklook-pay:*')
    expect(await wrong(app, { REDIS_URL: url })).toEqual([])
  })

  test('publishes nothing but a hint about no payment when it tries Redis', async ({ app }) => {
    const url = await serveRedisUser('+@all', 'allchannels')
    const { databaseId } = await app.deps.db.wechatBinding.findFirstOrThrow()
    const pubsub = openPubsub({ redisUrl: url, databaseId, log: pino({ level: 'silent' }) })
    onTestFinished(() => pubsub.close())
    const hints: PaymentHint[] = []
    pubsub.subscribe((hint) => hints.push(hint))
    await expect.poll(() => pubsub.connected()).toBe(true)
    expect(await wrong(app, { REDIS_URL: url })).toEqual([])
    await expect.poll(() => hints).toEqual([{ sn: '', version: 0 }])
  })
})
