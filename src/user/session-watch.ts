import type { Deps } from '../deps.ts'

const CHECK_EVERY_MS = 2_000

export interface SessionWatch {
  /** Calls `onEnd` once, within seconds of the session's expiry or revocation. @returns what stops watching. */
  watch: (sessionId: string, onEnd: () => void) => () => void
  close: () => void
}

/** Watches the sessions behind open sockets and streams: one query every two seconds, however many are open. */
export function watchSessions(
  { db, log }: Pick<Deps, 'db' | 'log'>,
  { checkEveryMs = CHECK_EVERY_MS }: { checkEveryMs?: number } = {},
): SessionWatch {
  const watched = new Map<string, Set<() => void>>()
  let checking = false

  const check = async () => {
    if (checking || watched.size === 0) return
    checking = true
    try {
      const ids = [...watched.keys()]
      const live = await db.$queryRaw<{ id: string }[]>`
        SELECT "id" FROM "session" WHERE "id" = ANY(${ids}) AND "revokedAt" IS NULL AND "expiresAt" > now()`
      const liveIds = new Set(live.map(({ id }) => id))
      for (const id of ids) if (!liveIds.has(id)) end(id)
    } catch (error) {
      log.warn({ err: error }, 'session check failed, trying again')
    } finally {
      checking = false
    }
  }

  const end = (sessionId: string) => {
    const callbacks = watched.get(sessionId)
    watched.delete(sessionId)
    for (const callback of callbacks ?? []) callback()
  }

  const timer = setInterval(() => void check(), checkEveryMs)
  return {
    watch(sessionId, onEnd) {
      const callback = () => onEnd()
      const callbacks = watched.get(sessionId) ?? new Set()
      watched.set(sessionId, callbacks.add(callback))
      return () => {
        callbacks.delete(callback)
        if (callbacks.size === 0 && watched.get(sessionId) === callbacks) watched.delete(sessionId)
      }
    },
    close() {
      clearInterval(timer)
      watched.clear()
    },
  }
}
