import type { Payment } from '../../../prisma/client/client.ts'

/** Whoever watches a payment. */
interface LiveListener {
  /** Shows the payment, unless this version or a newer one was shown before. */
  offer: (payment: Payment) => void
  end: () => void
}

/** How long ago a payment was looked at when it is due again, in ms. */
interface Schedule {
  pendingRereadMs: number
  otherRereadMs: number
}

/** The payments that somebody watches, each with its listeners and the newest version that all of them were shown. */
export interface WatchedPayments {
  /**
   * Adds a listener, who is shown the state that its caller has read already, if any.
   *
   * @returns whether all listeners have been shown that one. Otherwise some are behind, until the payment is shown.
   */
  join: (sn: string, listener: LiveListener, present?: Payment) => boolean
  leave: (sn: string, listener: LiveListener) => void
  /** Shows the listeners of a payment its state. */
  show: (payment: Payment) => void
  /** Notes that these were looked at. */
  touch: (sns: string[]) => void
  /** The newest version that all listeners were shown: 0 when one was shown none, undefined when nobody watches. */
  versionOf: (sn: string) => number | undefined
  sns: () => Iterable<string>
  findDue: (schedule: Schedule) => string[]
  listenerCount: () => number
  /** Ends all streams. */
  end: () => void
}

interface Watched {
  version: number
  isPending: boolean
  /** By the clock of `performance`, which is never set back. */
  lookedAt: number
  /** Replaced when somebody comes or goes: nearly always it is one, and a set takes several times its memory. */
  listeners: readonly LiveListener[]
}

/**
 * Of a state only the version stays: thousands of payments are watched, and each is read anew when it changes.
 *
 * @param onPaid hears of a payment that was shown pending, and is shown paid now.
 */
export function createWatchedPayments(onPaid: (paidAt: Date) => void = () => {}): WatchedPayments {
  const watched = new Map<string, Watched>()

  return {
    join(sn, listener, present) {
      const entry = watched.get(sn) ?? { version: Infinity, isPending: true, lookedAt: 0, listeners: [] }
      watched.set(sn, entry)
      const isFirst = entry.listeners.length === 0
      entry.listeners = entry.listeners.concat(listener)
      const version = present?.version ?? 0
      const isShownToAll = present !== undefined && (isFirst || version === entry.version)
      // Never the newer of both: whoever has the older one would count as up to date.
      if (version < entry.version) note(entry, version, present?.status)
      // It may end the stream at once.
      if (present) listener.offer(present)
      return isShownToAll
    },
    leave(sn, listener) {
      const entry = watched.get(sn)
      if (!entry) return
      entry.listeners = entry.listeners.filter((each) => each !== listener)
      if (entry.listeners.length === 0) watched.delete(sn)
    },
    show(payment) {
      const entry = watched.get(payment.sn)
      if (!entry) return
      const wasShownPending = entry.isPending && entry.version > 0 && payment.version > entry.version
      if (wasShownPending && payment.paidAt) onPaid(payment.paidAt)
      if (payment.version >= entry.version) note(entry, payment.version, payment.status)
      entry.lookedAt = performance.now()
      for (const listener of entry.listeners) listener.offer(payment)
    },
    touch(sns) {
      const lookedAt = performance.now()
      for (const sn of sns) {
        const entry = watched.get(sn)
        if (entry) entry.lookedAt = lookedAt
      }
    },
    versionOf: (sn) => watched.get(sn)?.version,
    sns: () => watched.keys(),
    findDue: (schedule) => findDue(watched, schedule),
    listenerCount: () => [...watched.values()].reduce((count, { listeners }) => count + listeners.length, 0),
    end() {
      for (const { listeners } of watched.values()) for (const listener of listeners) listener.end()
    },
  }
}

/** Notes what all listeners have been shown. */
function note(entry: Watched, version: number, status?: Payment['status']): void {
  entry.version = version
  entry.isPending = status === undefined || status === 'PENDING'
  entry.lookedAt = performance.now()
}

function findDue(watched: Map<string, Watched>, { pendingRereadMs, otherRereadMs }: Schedule): string[] {
  const due: string[] = []
  const now = performance.now()
  for (const [sn, { isPending, lookedAt }] of watched) {
    if (now - lookedAt >= (isPending ? pendingRereadMs : otherRereadMs)) due.push(sn)
  }
  return due
}
