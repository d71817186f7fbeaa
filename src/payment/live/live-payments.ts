import type { Logger } from 'pino'
import type { Payment } from '../../../prisma/client/client.ts'
import { coalesceReads } from '../../infra/coalesced-read.ts'
import type { Database } from '../../infra/database.ts'
import type { Pubsub } from '../../infra/pubsub.ts'
import { type LiveListener, openLiveStream } from './live-stream.ts'

export interface LiveOptions {
  /** How often pending payments are read without any hint, in ms. */
  pendingRereadMs?: number
  /** How often all others are, in ms. */
  otherRereadMs?: number
  /** How long a stream goes on after CLOSED, in ms: late money can still move the payment. */
  closedLingerMs?: number
}

/** The payments that this process shows live. */
export interface LivePayments {
  /**
   * The payment's present state at once, then every newer one, the newest at least; ends after REFUNDED, a minute
   * after CLOSED, or with the viewer's session. Whether the viewer may see it is the caller's to check.
   */
  watch: (sn: string, onSessionEnd: (end: () => void) => () => void) => AsyncIterableIterator<Payment>
  /** How many streams are open. */
  streamCount: () => number
  /** Ends all streams. */
  close: () => void
}

interface Watched {
  /** The newest state read so far. */
  newest: Payment | null
  readAt: number
  listeners: Set<LiveListener>
}

/** One map from payment to listeners, one subscription to the hints, and one read of the database at a time. */
export function createLivePayments(
  { db, pubsub, log }: { db: Database; pubsub: Pubsub; log: Logger },
  { pendingRereadMs = 3_000, otherRereadMs = 15_000, closedLingerMs = 60_000 }: LiveOptions = {},
): LivePayments {
  const watched = new Map<string, Watched>()
  let closed = false
  const refresh = coalesceReads(
    async (sns) => {
      for (const payment of await db.payment.findMany({ where: { sn: { in: sns } } })) show(watched, payment)
    },
    // The next round of re-reading covers every payment that is behind.
    (error) => log.warn({ err: error }, 'payment streams could not be re-read, trying again'),
  )

  const stopHints = pubsub.subscribe(({ sn, version }) => {
    const entry = watched.get(sn)
    if (entry && version > (entry.newest?.version ?? 0)) refresh([sn])
  })
  const stopReconnects = pubsub.onReconnect(() => refresh(watched.keys()))
  const timer = setInterval(() => refresh(findDue(watched, { pendingRereadMs, otherRereadMs })), pendingRereadMs)

  return {
    watch: (sn, onSessionEnd) =>
      openLiveStream({
        closedLingerMs,
        onSessionEnd,
        join: (listener) => {
          if (closed) return listener.end()
          join(watched, sn, listener)
          refresh([sn])
        },
        leave: (listener) => leave(watched, sn, listener),
      }),
    streamCount: () => [...watched.values()].reduce((count, { listeners }) => count + listeners.size, 0),
    close() {
      closed = true
      clearInterval(timer)
      stopHints()
      stopReconnects()
      for (const { listeners } of watched.values()) for (const listener of listeners) listener.end()
    },
  }
}

function join(watched: Map<string, Watched>, sn: string, listener: LiveListener): void {
  const entry = watched.get(sn) ?? { newest: null, readAt: Date.now(), listeners: new Set() }
  entry.listeners.add(listener)
  watched.set(sn, entry)
}

function leave(watched: Map<string, Watched>, sn: string, listener: LiveListener): void {
  const entry = watched.get(sn)
  entry?.listeners.delete(listener)
  if (entry?.listeners.size === 0) watched.delete(sn)
}

function show(watched: Map<string, Watched>, payment: Payment): void {
  const entry = watched.get(payment.sn)
  if (!entry) return
  entry.newest = payment
  entry.readAt = Date.now()
  for (const listener of entry.listeners) listener.offer(payment)
}

function findDue(
  watched: Map<string, Watched>,
  { pendingRereadMs, otherRereadMs }: { pendingRereadMs: number; otherRereadMs: number },
): string[] {
  const now = Date.now()
  const isDue = ({ newest, readAt }: Watched) =>
    now - readAt >= (newest === null || newest.status === 'PENDING' ? pendingRereadMs : otherRereadMs)
  return [...watched].filter(([, entry]) => isDue(entry)).map(([sn]) => sn)
}
