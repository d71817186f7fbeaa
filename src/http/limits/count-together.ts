import type { Redis } from 'ioredis'

/** Counts one for each key. For each its count and the milliseconds until it begins anew; no key lives for ever. */
const COUNT = `
local found = {}
for at, key in ipairs(KEYS) do
  local count = redis.call('incr', key)
  local ttl = redis.call('pttl', key)
  if ttl < 0 then
    redis.call('expire', key, ARGV[1])
    ttl = 1000 * ARGV[1]
  end
  found[2 * at - 1] = count
  found[2 * at] = ttl
end
return found`

/**
 * Counts by a key that nobody else counts by, in a window of so many seconds.
 *
 * @throws the error of Redis, when its user lacks a right that counting needs.
 */
export async function tryCounting(redis: Redis, key: string, windowSeconds: number): Promise<void> {
  await redis.eval(COUNT, 1, key, windowSeconds)
}

/** What `RateLimiterRedis` asks of its client. */
export interface Counter {
  readonly status: string
  /** Counts one, in a window of so many seconds. @returns the count, and the milliseconds until the window ends. */
  rlflxIncr(args: [key: string, points: string, seconds: string, ...unknown[]]): Promise<[number, number]>
}

interface Waiting {
  key: string
  resolve: (found: [number, number]) => void
  reject: (error: unknown) => void
}

/**
 * Counts in Redis those of one turn of the event loop by one command: for each its own command, prepared and awaited by
 * itself, would cost this process more than all else about a rate.
 */
export function createCounter(redis: Redis, windowSeconds: number): Counter {
  let waiting: Waiting[] = []
  const countAll = async () => {
    const counted = waiting
    waiting = []
    try {
      const keys = counted.map(({ key }) => key)
      const found = (await redis.eval(COUNT, keys.length, ...keys, windowSeconds)) as number[]
      counted.forEach(({ resolve }, at) => resolve([found[2 * at] ?? Number.NaN, found[2 * at + 1] ?? Number.NaN]))
    } catch (error) {
      for (const { reject } of counted) reject(error)
    }
  }
  return {
    get status() {
      return redis.status
    },
    rlflxIncr: ([key]) =>
      new Promise((resolve, reject) => {
        if (waiting.push({ key, resolve, reject }) === 1) setImmediate(() => void countAll())
      }),
  }
}
