import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { Logger } from 'pino'

/** Carries texts from every process to every other, as a rule once; what can't be sent is dropped. */
export interface Channel {
  /** Never throws and never waits. */
  send(text: string): void
  /** False while what is sent would be dropped. */
  sends(): boolean
  /** True while what others send arrives. */
  connected(): boolean
  close(): Promise<void>
}

interface ChannelEvents {
  /** Gets each text of another process. */
  receive: (text: string) => void
  /** The channel works again, and something may have been missed. */
  reconnected: () => void
  log: Logger
}

/** How often a process sends itself a ping. */
const PING_EVERY_MS = 1_000

/** Without a ping that comes back for so long, Redis counts as away: frozen, or lost behind a firewall. */
const SILENT_AFTER_MS = 3_000

/** Then the connections are replaced: it may be they that are dead, and not Redis. */
const REPLACE_AFTER_MS = 10_000

const PING = 'ping '

const retryStrategy = (times: number) => Math.min(times * 100, 2_000)

/**
 * A channel of Redis, which reconnects for ever. Connections may stay open while nothing comes through them any more, so
 * each process sends itself a ping through the channel, which proves publishing and subscribing alike.
 */
export function openRedisChannel(url: string, channel: string, { receive, reconnected, log }: ChannelEvents): Channel {
  const publisher = new Redis(url, { retryStrategy, enableOfflineQueue: false, commandTimeout: 2_000 })
  const subscriber = new Redis(url, { retryStrategy, autoResubscribe: false, maxRetriesPerRequest: null })
  const ownPing = PING + randomUUID()
  const link = createLink(log, reconnected)
  /** What was sent, and hasn't come back yet. */
  const own = new Set<string>()
  let silentSince = performance.now()

  const lose = (err?: Error) => {
    link.lose(err)
    own.clear()
  }
  const publish = (text: string) =>
    void publisher.publish(channel, text).catch((error: unknown) => {
      own.delete(text)
      link.report(error)
    })
  const ping = () => publisher.status === 'ready' && publish(ownPing)
  const watch = setInterval(() => {
    const silentMs = performance.now() - silentSince
    if (silentMs > SILENT_AFTER_MS) lose(new Error('no ping comes back through Redis'))
    if (silentMs > REPLACE_AFTER_MS) silentSince = replace(publisher, subscriber)
    ping()
  }, PING_EVERY_MS)

  publisher.on('error', link.report).on('ready', ping)
  subscriber.on('error', link.report).on('close', () => lose())
  subscriber.on('ready', () => void subscriber.subscribe(channel).then(ping, link.report))
  subscriber.on('message', (_channel: string, text: string) => {
    if (text === ownPing) {
      silentSince = performance.now()
      link.regain()
    } else if (!text.startsWith(PING) && !own.delete(text)) receive(text)
  })
  return {
    send(text) {
      // What can't arrive is dropped, since it would wait in memory for as long as Redis is frozen.
      if (!link.holds()) return
      own.add(text)
      publish(text)
    },
    sends: link.holds,
    connected: () => link.holds() && publisher.status === 'ready',
    close: async () => {
      clearInterval(watch)
      for (const connection of [publisher, subscriber]) connection.disconnect()
    },
  }
}

/** Whether the channel works, said in the log once each time that changes. */
function createLink(log: Logger, regained: () => void) {
  let holds = false
  let isReported = false
  const report = (err: unknown) => {
    if (!isReported) log.warn({ err }, 'Redis unavailable, live updates are slower until it is back')
    isReported = true
  }
  return {
    holds: () => holds,
    report,
    /** @param err why, where that isn't reported by itself. */
    lose(err?: Error) {
      holds = false
      if (err) report(err)
    },
    regain() {
      if (holds) return
      if (isReported) log.info('Redis connected again')
      holds = true
      isReported = false
      regained()
    },
  }
}

/**
 * Ends connections that are open, which makes them reconnect; others are about to.
 *
 * @returns since when they count as silent: they get as long as before, and count as away meanwhile.
 */
function replace(...connections: Redis[]): number {
  for (const connection of connections)
    if (connection.status === 'ready' || connection.status === 'connect') connection.disconnect(true)
  return performance.now() - SILENT_AFTER_MS
}
