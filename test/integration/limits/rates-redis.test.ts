import { setImmediate } from 'node:timers/promises'
import { Redis } from 'ioredis'
import pino from 'pino'
import { inject, onTestFinished } from 'vitest'
import type { Rates } from '../../../src/graphql/rates.ts'
import { openRates } from '../../../src/http/limits/rates.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { type RedisServer, startRedis } from '../../harness/redis.ts'

const REFUSED = { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) }

async function openRedis(): Promise<RedisServer> {
  const redis = await startRedis()
  if (!redis) throw new Error('redis-server is not in the PATH')
  onTestFinished(() => redis.stop())
  return redis
}

/** The rates of another API process, two reads a minute; ready once it counts in Redis. */
async function openProcess({ deps }: TestApp, { url: redisUrl }: RedisServer, database = 'one'): Promise<Rates> {
  const databaseUrl = `postgresql://127.0.0.1/${database}`
  const limits = { ...deps.config.limits, readsPerUserMinute: 2 }
  const config = { ...deps.config, redisUrl, databaseUrl, limits, rateLimitFactor: 1 }
  const rates = openRates({ ...deps, config })
  onTestFinished(() => rates.close())
  await expect.poll(() => countsInRedis(rates, redisUrl)).toBe(true)
  return rates
}

let probes = 0

/** Whether a request that is counted now leaves a key in Redis. */
async function countsInRedis(rates: Rates, url: string): Promise<boolean> {
  const client = `probe ${probes++}`
  await rates.count('readsPerUserMinute', client)
  const redis = new Redis(url)
  const keys = await redis.keys(`looklook-pay:rates:*:${client}`).finally(() => redis.disconnect())
  return keys.length === 1
}

const read = (rates: Rates, user: string) => rates.count('readsPerUserMinute', user)

/** Counts without waiting for anything outside this process. */
async function readAtOnce(rates: Rates, user: string): Promise<string> {
  const counted = read(rates, user).then(
    () => 'allowed',
    () => 'refused',
  )
  return Promise.race([counted, setImmediate('waits')])
}

describe('rates with Redis', { skip: inject('redisUrl') === null }, () => {
  test('are counted by all processes of a deployment together', async ({ app }) => {
    const redis = await openRedis()
    const [one, other] = [await openProcess(app, redis), await openProcess(app, redis)]
    await read(one, 'a user')
    await read(other, 'a user')
    for (const rates of [one, other]) await expect(read(rates, 'a user')).rejects.toMatchObject(REFUSED)
    await read(one, 'another user')
  })

  test('are counted by one command for all who come in one turn, for each by themselves', async ({ app }) => {
    const server = await openRedis()
    const rates = await openProcess(app, server)
    const redis = new Redis(server.url)
    onTestFinished(() => redis.disconnect())
    const commands = async () => Number(/cmdstat_eval(?:sha)?:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1])
    const before = await commands()
    const users = ['a', 'b', 'a', 'c', 'a', 'b']
    const ends = await Promise.allSettled(users.map((user) => read(rates, user)))
    expect(ends.map(({ status }) => status)).toEqual([...Array(4).fill('fulfilled'), 'rejected', 'fulfilled'])
    expect(await commands()).toBe(before + 1)
  })

  test('are not shared with another deployment on the same Redis', async ({ app }) => {
    const redis = await openRedis()
    const [ours, theirs] = [await openProcess(app, redis), await openProcess(app, redis, 'theirs')]
    for (let call = 1; call <= 2; call++) await read(theirs, '192.0.2.1')
    await read(ours, '192.0.2.1')
  })

  test('leave no key in Redis for ever', async ({ app }) => {
    const server = await openRedis()
    await read(await openProcess(app, server), 'a user')
    const redis = new Redis(server.url)
    for (const key of await redis.keys('*')) expect(await redis.ttl(key)).toBeGreaterThan(0)
    redis.disconnect()
  })

  test('give the result of a read that is allowed, and run none for a user who is known to be refused', async ({
    app,
  }) => {
    const rates = await openProcess(app, await openRedis())
    const ran: number[] = []
    const readNumber = (call: number) =>
      rates.countDuring('readsPerUserMinute', 'a user', async () => {
        ran.push(call)
        return call
      })
    for (const call of [1, 2]) expect(await readNumber(call)).toBe(call)
    for (const call of [3, 4]) await expect(readNumber(call)).rejects.toMatchObject(REFUSED)
    expect(ran).toEqual([1, 2])
  })

  test('throw away the result of a read that turns out to be one too many', async ({ app }) => {
    const redis = await openRedis()
    const [one, other] = [await openProcess(app, redis), await openProcess(app, redis)]
    for (let call = 1; call <= 2; call++) await read(other, 'a user')
    const late = one.countDuring('readsPerUserMinute', 'a user', async () => 'secret')
    await expect(late).rejects.toMatchObject(REFUSED)
  })

  test('go on in memory while Redis is away, and in Redis once it is back', async ({ app }) => {
    const redis = await openRedis()
    const rates = await openProcess(app, redis)
    await redis.stop()
    await expect.poll(() => readAtOnce(rates, 'somebody')).not.toBe('waits')
    for (const end of ['allowed', 'allowed', 'refused']) expect(await readAtOnce(rates, 'a user')).toBe(end)

    const again = await startRedis(Number(new URL(redis.url).port))
    onTestFinished(async () => again?.stop())
    await expect.poll(() => countsInRedis(rates, redis.url)).toBe(true)
  })

  test.for([
    ['EVAL', '-eval'],
    ['INCR', '-incr'],
    ['EXPIRE', '-expire'],
  ])(
    'are counted in memory, and that is logged, where Redis doesn’t let us count: no %s',
    async ([, without = ''], { app }) => {
      const redis = await openRedis()
      const admin = new Redis(redis.url)
      await admin.acl('SETUSER', 'hints', 'on', 'nopass', '~*', '&*', '+@all', without)
      admin.disconnect()
      const lines: { msg: string; err?: { message: string } }[] = []
      const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) })
      const redisUrl = redis.url.replace('://', '://hints:any@')
      const config = { ...app.deps.config, redisUrl, limits: { ...app.deps.config.limits, readsPerUserMinute: 1 } }
      const rates = openRates({ ...app.deps, log, config: { ...config, rateLimitFactor: 1 } })
      onTestFinished(() => rates.close())
      await expect.poll(() => lines.length).toBe(1)
      expect(lines).toMatchObject([
        {
          msg: expect.stringContaining('counts rates by itself'),
          err: { message: expect.stringMatching(/permission|can't run/) },
        },
      ])
      await read(rates, 'a user')
      await expect(read(rates, 'a user')).rejects.toMatchObject(REFUSED)
      expect(lines).toHaveLength(1)
    },
  )

  test('keep nobody waiting for a Redis that is frozen but whoever met it first', async ({ app }) => {
    const redis = await openRedis()
    const rates = await openProcess(app, redis)
    redis.signal('SIGSTOP')
    await read(rates, 'whoever met it first')
    // Through several of its attempts to connect again.
    for (let user = 0; user < 20; user++) {
      expect(await readAtOnce(rates, `user ${user}`)).toBe('allowed')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    redis.signal('SIGCONT')
    await expect.poll(() => countsInRedis(rates, redis.url)).toBe(true)
  })
})
