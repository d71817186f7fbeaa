import type { Logger } from 'pino'
import type { Payment } from '../../../prisma/client/client.ts'
import { coalesceReads } from '../../infra/coalesced-read.ts'
import type { Database } from '../../infra/database.ts'
import type { Pubsub } from '../../infra/pubsub.ts'
import { type LiveListener, openLiveStream } from './live-stream.ts'

/**
 * Live payments: what `paymentStatusChanged` streams. One instance per process holds a map from watched payments to
 * their listeners, and brings changes to them by reading the database, never from the content of a message:
 *
 * - HINT: a pub/sub message with a payment's number and version. It makes a watched payment that is behind be read.
 * - RE-READ: the fallback for lost hints. A pending payment is read every 3 s, any other every 15 s.
 * - RESYNC: after Redis was away, hints were missed: all watched payments are read at once.
 *
 * However many payments are due, one query at a time reads them (coalesced), and one read serves all listeners of a
 * payment (fan-out). Each stream holds at most one unsent state (conflation): a newer one replaces it, so a slow reader
 * misses states in between, and never the newest. Versions only rise within a stream.
 *
 * A stream starts with the present state and ends after REFUNDED, `closedLingerMs` after CLOSED, with the viewer's
 * session, or when the process stops (live-stream.ts).
 */

export interface LiveOptions {
  /** How often pending payments are re-read, in ms. */
  pendingRereadMs?: number
  /** How often all others are re-read, in ms. */
  otherRereadMs?: number
  /** How long a stream goes on after CLOSED, in ms: late money can still move the payment. */
  closedLingerMs?: number
}

/** The payments that this process streams. */
export interface LivePayments {
  /**
   * A stream of the payment's states, as described above. The caller checks that the viewer may see it. `acquire` gets
   * what ends the stream, and returns what is called when it is over.
   *
   * @throws whatever `acquire` throws.
   */
  watch: (sn: string, acquire: (end: () => void) => () => void) => AsyncIterableIterator<Payment>
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

/** Starts to listen for hints and to re-read; `close` ends both. */
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
    // Nothing to retry here: the next re-read covers every payment that is behind.
    (error) => log.warn({ err: error }, 'live payments not read, trying again'),
  )

  const stopHints = pubsub.subscribe(({ sn, version }) => {
    const entry = watched.get(sn)
    if (entry && version > (entry.newest?.version ?? 0)) refresh([sn])
  })
  const stopReconnects = pubsub.onReconnect(() => refresh(watched.keys()))
  const timer = setInterval(() => refresh(findDue(watched, { pendingRereadMs, otherRereadMs })), pendingRereadMs)

  return {
    watch: (sn, acquire) =>
      openLiveStream({
        closedLingerMs,
        acquire,
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
