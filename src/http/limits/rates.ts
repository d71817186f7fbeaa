import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { AppConfig } from '../../config.ts'
import type { Deps } from '../../deps.ts'
import { RateLimitedError } from '../../errors.ts'
import type { RateName, Rates } from '../../graphql/rates.ts'
import { type Counter, createCounter, tryCounting } from './count-together.ts'
import type { LimitName } from './refusal.ts'

declare module 'rate-limiter-flexible' {
  interface RateLimiterRedis {
    /** Left out of the package's types. 0 for a key that isn't known to be spent. */
    getInMemoryBlockMsBeforeExpire(key: string): number
  }
}

const WINDOW_SECONDS = 60
/** A Redis that is silent for so long is taken for frozen. */
const SILENCE_MS = 200

export interface OpenRates extends Rates {
  close(): void
}

/**
 * The rates of clients, in Redis, where all API processes count together. In this process's memory without a Redis, and
 * while it is away or frozen: whoever meets a frozen one waits for `SILENCE_MS` at most, and then the connection is
 * ended, so that nobody else waits until it answers again. Keys live for a minute, here and there, so there are never
 * more of them than clients that were answered within one.
 */
export function openRates({ config, log, metrics }: Pick<Deps, 'config' | 'log' | 'metrics'>): OpenRates {
  const redis = config.redisUrl === undefined ? undefined : connect(config, config.redisUrl, log)
  const limiters = createLimiters(config, redis)
  const refuse = (limit: LimitName, retryAfterSeconds: number): never => {
    metrics.limitRefusals.inc({ limit })
    throw new RateLimitedError(retryAfterSeconds)
  }
  const count = async (rate: RateName, client: string): Promise<void> => {
    try {
      await limiters.of(rate).consume(client)
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error
      refuse(rate, Math.max(1, Math.ceil(error.msBeforeNext / 1000)))
    }
  }
  const bookings = createBookings(config)

  return {
    count,
    async countDuring(rate, client, read) {
      const counted = count(rate, client)
      if (limiters.countInMemory(rate, client)) await counted
      // It is awaited below; if the read fails first, its refusal interests nobody.
      counted.catch(() => {})
      const result = await read()
      await counted
      return result
    },
    bookInTurn: bookings.bookInTurn,
    close: () => redis?.disconnect(),
  }
}

function createLimiters(config: AppConfig, redis: Redis | undefined) {
  const limiters = new Map<RateName, RateLimiterMemory | RateLimiterRedis>()
  const counter = redis && createCounter(redis, WINDOW_SECONDS)
  const of = (rate: RateName) => {
    const limiter = limiters.get(rate) ?? createLimiter(config, rate, counter)
    limiters.set(rate, limiter)
    return limiter
  }
  return {
    of,
    /** Whether a request of the client would be counted, or refused, without asking Redis. */
    countInMemory(rate: RateName, client: string): boolean {
      const limiter = of(rate)
      if (!(limiter instanceof RateLimiterRedis) || redis?.status !== 'ready') return true
      return limiter.getInMemoryBlockMsBeforeExpire(limiter.getKey(client)) > 0
    },
  }
}

function createLimiter(config: AppConfig, rate: RateName, counter: Counter | undefined) {
  const points = Math.max(1, Math.floor(config.limits[rate] * config.rateLimitFactor))
  const options = { points, duration: WINDOW_SECONDS, keyPrefix: `${keyPrefixOf(config)}:${rate}` }
  const inMemory = new RateLimiterMemory(options)
  if (!counter) return inMemory
  return new RateLimiterRedis({
    ...options,
    storeClient: counter,
    insuranceLimiter: inMemory,
    rejectIfRedisNotReady: true,
    // Whoever has had all of them is refused without asking Redis again.
    inMemoryBlockOnConsumed: points,
  })
}

/** Tells deployments apart that share a Redis: users differ by themselves, but addresses don't. */
function keyPrefixOf({ wechat, databaseUrl }: AppConfig): string {
  const identity = [wechat.pay.mchid, wechat.pay.appid, new URL(databaseUrl).pathname].join(' ')
  return `looklook-pay:rates:${createHash('sha256').update(identity).digest('hex').slice(0, 12)}`
}

function connect(config: AppConfig, url: string, log: Logger): Redis {
  let isLogged = false
  const logOnce = (err: unknown) => {
    if (!isLogged) log.warn({ err }, 'Redis unavailable, each process counts rates by itself until it is back')
    isLogged = true
  }
  const redis = new Redis(url, {
    retryStrategy: (times) => Math.min(times * 100, 2_000),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    socketTimeout: SILENCE_MS,
  })
  redis.on('error', logOnce)
  redis.on('ready', () => {
    tryCounting(redis, `${keyPrefixOf(config)}:probe`, WINDOW_SECONDS).then(() => {
      if (isLogged) log.info('Redis connected again, rates are counted together')
      isLogged = false
    }, logOnce)
  })
  return redis
}

/** Lets so many bookings of a user run at once; the others wait for their turn, without a connection to the database. */
function createBookings(config: AppConfig): Pick<Rates, 'bookInTurn'> {
  const most = Math.max(1, Math.floor(config.rateLimitFactor))
  const inHand = new Map<string, Set<Promise<unknown>>>()

  return {
    async bookInTurn(userId, book) {
      const own = inHand.get(userId) ?? new Set()
      inHand.set(userId, own)
      // Whoever sent it hears of its failure.
      while (own.size >= most) await Promise.race(own).catch(() => {})
      const booked = book()
      inHand.set(userId, own.add(booked))
      return await booked.finally(() => {
        own.delete(booked)
        if (own.size === 0 && inHand.get(userId) === own) inHand.delete(userId)
      })
    },
  }
}
