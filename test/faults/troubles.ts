import { setTimeout } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Place } from './failpoints.ts'
import { between, pick, type Random } from './random.ts'
import type { Stage } from './stage.ts'

/** So long it waits for a process to come to a place. */
const MET_WITHIN_MS = 3_000

/** So much later a machine goes on: unpaid orders are over, prepay ids and access tokens, bills are there. */
const SLEEPS_SECONDS = [600, 1_800, 7_200, 93_600]

export interface Trouble {
  name: string
  /** Makes trouble. @returns what it was exactly; null when there was none. */
  make(stage: Stage, random: Random): Promise<string | null>
}

const killOne: Trouble = {
  name: 'kill',
  make: async ({ supervisor }, random) => {
    const process = pick(random, supervisor.processes)
    process.kill()
    return `kill ${process.name}`
  },
}

const killAll: Trouble = {
  name: 'kill all',
  make: async ({ supervisor }) => {
    for (const process of supervisor.processes) process.kill()
    return 'kill all'
  },
}

const freeze: Trouble = {
  name: 'freeze',
  make: async ({ supervisor }, random) => {
    const process = pick(random, supervisor.processes)
    process.freeze()
    await setTimeout(between(random, 500, 6_000))
    process.thaw()
    return `freeze ${process.name}`
  },
}

const CALLS = ['prepay', 'query', 'close', 'refund', 'message', 'shipping upload'] as const
const AT_WECHAT = CALLS.flatMap((call): Place[] => [`before a ${call} at WeChat`, `after a ${call} at WeChat`])
const AT_DATABASE: Place[] = ['before a statement', 'before a commit', 'after a commit']

/** Kills whichever process comes to a place next, or cuts its connection there. */
const meet: Trouble = {
  name: 'meet',
  make: async ({ kind, failpoints, supervisor }, random) => {
    // `npm start` reaches its database without us.
    const place = pick(random, kind === 'start' ? AT_WECHAT : [...AT_DATABASE, ...AT_WECHAT])
    const isKill = random() < 0.7
    // Of statements there are hundreds a second, of each call a few.
    const nth = between(random, 1, place.endsWith('WeChat') ? 4 : 100)
    const met = await new Promise<string | null>((resolve) => {
      failpoints.arm(place, nth, (name) => {
        if (isKill) supervisor.processes.find((process) => process.name === name)?.kill()
        resolve(name)
      })
      void setTimeout(MET_WITHIN_MS).then(() => resolve(null))
    })
    failpoints.disarm()
    return met && `${isKill ? 'kill' : 'cut'} ${met} ${place}`
  },
}

/** PostgreSQL ends at once, or its sessions do; whoever runs it starts it again. */
const stopDatabase = (name: string, signal: NodeJS.Signals): Trouble => ({
  name,
  make: async (stage) => {
    stage.stopDatabase(signal)
    return name
  },
})

const fillDisk: Trouble = {
  name: 'fill the disk',
  make: async ({ disk }, random) => {
    if (!disk) return null
    disk.fill()
    await setTimeout(between(random, 1_000, 5_000))
    disk.free()
    return 'fill the disk'
  },
}

const sleep: Trouble = {
  name: 'sleep',
  make: async (stage, random) => {
    const seconds = pick(random, SLEEPS_SECONDS)
    if (!stage.sleep) return null
    await stage.sleep(seconds)
    return `sleep ${seconds / 60} minutes`
  },
}

const rotateKey: Trouble = {
  name: 'rotate WeChat’s key',
  make: async ({ wechat }) => {
    await wechat.rotateKey()
    return 'rotate WeChat’s key'
  },
}

const endSessions: Trouble = {
  name: 'end sessions',
  make: async ({ query }) => {
    await query(`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.5`)
    return 'end sessions'
  },
}

/** Jobs of payments; the row that says what is to do stays. */
const deleteJobs: Trouble = {
  name: 'delete jobs',
  make: async ({ query }) => {
    await query(`DELETE FROM pgboss.job WHERE name IN ('payment-changed', 'upload-shipping')`)
    return 'delete jobs'
  },
}

const restartRedis: Trouble = {
  name: 'kill Redis',
  make: async ({ redis }, random) => {
    await redis?.restart(between(random, 0, 3_000))
    return redis ? 'kill Redis' : null
  },
}

const freezeRedis: Trouble = {
  name: 'freeze Redis',
  make: async ({ redis }, random) => {
    redis?.signal('SIGSTOP')
    await setTimeout(redis ? between(random, 500, 5_000) : 0)
    redis?.signal('SIGCONT')
    return redis ? 'freeze Redis' : null
  },
}

const flushRedis: Trouble = {
  name: 'FLUSHALL',
  make: async ({ redis }) => {
    if (!redis) return null
    const client = new Redis(redis.url)
    client.on('error', () => {})
    await client.flushall().finally(() => client.disconnect())
    return 'FLUSHALL'
  },
}

export const troubles: { weight: number; item: Trouble }[] = [
  { weight: 30, item: meet },
  { weight: 10, item: killOne },
  { weight: 3, item: killAll },
  { weight: 10, item: freeze },
  { weight: 4, item: stopDatabase('stop PostgreSQL at once', 'SIGQUIT') },
  { weight: 4, item: stopDatabase('stop PostgreSQL fast', 'SIGINT') },
  { weight: 8, item: endSessions },
  { weight: 5, item: deleteJobs },
  { weight: 4, item: restartRedis },
  { weight: 4, item: freezeRedis },
  { weight: 3, item: flushRedis },
  { weight: 4, item: fillDisk },
  { weight: 6, item: sleep },
  { weight: 2, item: rotateKey },
]
