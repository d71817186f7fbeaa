import type { Payment } from '../../../prisma/client/client.ts'
import type { LiveListener } from './live-stream.ts'

/** How long ago a payment was looked at when it is due again, in ms. */
export interface Schedule {
  pendingRereadMs: number
  otherRereadMs: number
}

/** The payments that somebody watches: the newest version of each that was shown, and their listeners. */
export interface WatchedPayments {
  /** Adds a listener, who is shown the state that its caller has read already, if any. @returns whether that is the newest. */
  join: (sn: string, listener: LiveListener, present?: Payment) => boolean
  leave: (sn: string, listener: LiveListener) => void
  /** Shows the listeners of a payment its state. */
  show: (payment: Payment) => void
  /** Notes that these were looked at. */
  touch: (sns: string[]) => void
  /** The newest version that was shown: 0 when none was, undefined when nobody watches. */
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
  lookedAt: number
  listeners: Set<LiveListener>
}

/** Of a state only the version stays: thousands of payments are watched, and each is read anew when it changes. */
export function createWatchedPayments(): WatchedPayments {
  const watched = new Map<string, Watched>()

  return {
    join(sn, listener, present) {
      const entry = watched.get(sn) ?? { version: 0, isPending: true, lookedAt: Date.now(), listeners: new Set() }
      watched.set(sn, entry)
      entry.listeners.add(listener)
      if (!present) return false
      note(entry, present)
      // It may end the stream at once.
      listener.offer(present)
      return present.version === entry.version
    },
    leave(sn, listener) {
      const entry = watched.get(sn)
      entry?.listeners.delete(listener)
      if (entry?.listeners.size === 0) watched.delete(sn)
    },
    show(payment) {
      const entry = watched.get(payment.sn)
      if (!entry) return
      note(entry, payment)
      for (const listener of entry.listeners) listener.offer(payment)
    },
    touch(sns) {
      const lookedAt = Date.now()
      for (const sn of sns) {
        const entry = watched.get(sn)
        if (entry) entry.lookedAt = lookedAt
      }
    },
    versionOf: (sn) => watched.get(sn)?.version,
    sns: () => watched.keys(),
    findDue: (schedule) => findDue(watched, schedule),
    listenerCount: () => [...watched.values()].reduce((count, { listeners }) => count + listeners.size, 0),
    end() {
      for (const { listeners } of watched.values()) for (const listener of listeners) listener.end()
    },
  }
}

function note(entry: Watched, { version, status }: Payment): void {
  entry.lookedAt = Date.now()
  if (version < entry.version) return
  entry.version = version
  entry.isPending = status === 'PENDING'
}

function findDue(watched: Map<string, Watched>, { pendingRereadMs, otherRereadMs }: Schedule): string[] {
  const due: string[] = []
  const now = Date.now()
  for (const [sn, { isPending, lookedAt }] of watched) {
    if (now - lookedAt >= (isPending ? pendingRereadMs : otherRereadMs)) due.push(sn)
  }
  return due
}
