import type { Logger } from 'pino'
import { type Payment, Prisma } from '../../../prisma/client/client.ts'
import { coalesceReads } from '../../infra/coalesced-read.ts'
import type { Database } from '../../infra/database.ts'
import type { Metrics } from '../../infra/metrics.ts'
import type { PaymentHint, Pubsub } from '../../infra/pubsub.ts'
import { queryRows } from '../../infra/statement.ts'
import { PAYMENT_COLUMNS } from '../columns.ts'
import { type LiveHub, LiveStream } from './live-stream.ts'
import { createWatchedPayments, type WatchedPayments } from './watched-payments.ts'

/**
 * Live payments: what `paymentStatusChanged` streams. One instance per process holds a map from watched payments to
 * their listeners, and brings changes to them by reading the database, never from the content of a message:
 *
 * - HINT: a pub/sub message with a payment's number and version. It makes a watched payment that is behind be read.
 * - COMMIT: a payment that this process has changed itself, as the statement returned it that was committed. It is shown as it
 *   is, for it is what a read would find, or what was there before it: the version says which is newer, whoever comes first.
 * - RE-READ: the fallback for lost hints. A pending payment is looked at every 3 s, any other every 15 s.
 * - RESYNC: after Redis was away, hints were missed: all watched payments are looked at at once.
 *
 * To look at payments is to ask which of them have a newer version than the one shown; only those are read. However many
 * are due, one query at a time looks at them, and another reads what is behind (coalesced); one read serves all listeners
 * of a payment (fan-out). Each stream holds at most one unsent state (conflation): a newer one replaces it, so a slow
 * reader misses states in between, and never the newest. Versions only rise within a stream.
 *
 * A stream starts with the present state and ends after REFUNDED, `closedLingerMs` after CLOSED, with the viewer's
 * session, or when the process stops (live-stream.ts).
 */

/** How many states are read, and shown, before the event loop comes round: sending one takes a tenth of a millisecond. */
const READ_AT_ONCE = 50
/** How long thousands who come at once wait to be looked at together, each for a change since their own read. */
const LOOK_PAUSE_MS = 10

export interface LiveOptions {
  /** How often pending payments are looked at, in ms. */
  pendingRereadMs?: number
  /** How often all others are looked at, in ms. */
  otherRereadMs?: number
  /** How long a stream goes on after CLOSED, in ms: late money can still move the payment. */
  closedLingerMs?: number
}

/** The payments that this process streams. */
export interface LivePayments {
  /**
   * A stream of the payment's states, as described above. The caller checks that the viewer may see it. `acquire` gets
   * what ends the stream, and returns what is called when it is over. `present`: the state that the stream starts with,
   * from a caller who has just read it.
   *
   * @throws whatever `acquire` throws.
   */
  watch: (sn: string, acquire: (end: () => void) => () => void, present?: Payment) => AsyncIterableIterator<Payment>
  /** How many streams are open. */
  streamCount: () => number
  /** Ends all streams. */
  close: () => void
}

interface LiveNeeds {
  db: Database
  pubsub: Pubsub<Payment>
  log: Logger
  metrics: Metrics
}

/** Starts to listen for hints and to re-read; `close` ends both. */
export function createLivePayments(
  { db, pubsub, log, metrics }: LiveNeeds,
  { pendingRereadMs = 3_000, otherRereadMs = 15_000, closedLingerMs = 60_000 }: LiveOptions = {},
): LivePayments {
  const onPaid = (paidAt: Date) =>
    metrics.noticeToPushSeconds.observe(Math.max(0, Date.now() - paidAt.getTime()) / 1_000)
  const watched = createWatchedPayments(onPaid)
  const { read, look } = createReads({ db, log }, watched)
  let closed = false

  const onHint = ({ sn, version }: PaymentHint, payment?: Payment) => {
    const shown = watched.versionOf(sn)
    if (shown === undefined || version <= shown) return
    if (payment) watched.show(payment)
    else read([sn])
  }
  const stopHints = pubsub.subscribe(onHint, { wants: (sn) => watched.versionOf(sn) !== undefined })
  const stopReconnects = pubsub.onReconnect(() => look(watched.sns()))
  const timer = setInterval(() => look(watched.findDue({ pendingRereadMs, otherRereadMs })), pendingRereadMs)

  const hub: LiveHub = {
    closedLingerMs,
    join(stream, present) {
      if (closed) return stream.end()
      // It may have changed since the caller read it, with nobody here to follow its hint.
      if (watched.join(stream.sn, stream, present)) look([stream.sn])
      else read([stream.sn])
    },
    leave: (stream) => watched.leave(stream.sn, stream),
    dropped: () => metrics.statesDropped.inc(),
  }

  return {
    watch: (sn, acquire, present) => new LiveStream(hub, { sn, acquire, present }),
    streamCount: watched.listenerCount,
    close() {
      closed = true
      clearInterval(timer)
      stopHints()
      stopReconnects()
      watched.end()
    },
  }
}

/** The coalesced reads: `look` reads what is behind, `read` reads and shows. */
function createReads({ db, log }: { db: Database; log: Logger }, watched: WatchedPayments) {
  // Nothing to retry here: the next re-read covers every payment that is behind.
  const onFailure = (error: unknown) => log.warn({ err: error }, 'live payments not read, trying again')
  const readAndShow = async (sns: string[]) => {
    const statement = Prisma.sql`SELECT ${PAYMENT_COLUMNS} FROM payment p WHERE sn = ANY(${sns})`
    for (const payment of await queryRows<Payment>(db, statement)) watched.show(payment)
  }
  const read = coalesceReads(readAndShow, onFailure, { atOnce: READ_AT_ONCE })
  const lookAndRead = async (sns: string[]) => {
    read(await findBehind(db, sns, watched.versionOf))
    watched.touch(sns)
  }
  const look = coalesceReads(lookAndRead, onFailure, { pauseMs: LOOK_PAUSE_MS })
  return { read, look }
}

/** Those of the payments that have a newer version than was shown. */
async function findBehind(
  db: Database,
  sns: string[],
  versionOf: (sn: string) => number | undefined,
): Promise<string[]> {
  const versions = sns.map((sn) => versionOf(sn) ?? 0)
  const statement = Prisma.sql`
    SELECT p."sn" FROM unnest(${sns}::text[], ${versions}::int[]) AS shown("sn", "version")
      JOIN "payment" p ON p."sn" = shown."sn" AND p."version" > shown."version"`
  const behind = await queryRows<{ sn: string }>(db, statement)
  return behind.map(({ sn }) => sn)
}
