import type { Deps } from '../deps.ts'
import { startLoop } from '../infra/loop.ts'

const CHECK_EVERY_MS = 800

export interface SessionWatch {
  /** Calls `onEnd` once, within a second of the session's expiry or revocation. @returns what stops watching. */
  watch: (sessionId: string, onEnd: () => void) => () => void
  close: () => void
}

/**
 * Watches the sessions behind open sockets and streams. A hint tells of a revocation at once, and a timer of the next
 * expiry; what they miss, a query for all of them finds, every 800 ms.
 */
export function watchSessions(
  { db, log, pubsub }: Pick<Deps, 'db' | 'log' | 'pubsub'>,
  { checkEveryMs = CHECK_EVERY_MS }: { checkEveryMs?: number } = {},
): SessionWatch {
  const watched = new Map<string, Set<() => void>>()
  let expiry: NodeJS.Timeout | undefined

  const end = (sessionId: string) => {
    const callbacks = watched.get(sessionId)
    watched.delete(sessionId)
    for (const callback of callbacks ?? []) callback()
  }
  const endUnlessLive = async (sessionIds: string[]) => {
    if (sessionIds.length === 0) return []
    const live = await readLive(db, sessionIds)
    for (const id of sessionIds) if (!live.has(id)) end(id)
    return [...live.values()]
  }
  const loop = startLoop(log, 'session-watch', checkEveryMs, async () => {
    const expiries = await endUnlessLive([...watched.keys()])
    clearTimeout(expiry)
    // An expiry after the next check is for that one to find.
    const soon = expiries.filter((inMs) => inMs < checkEveryMs)
    if (soon.length > 0) expiry = setTimeout(loop.wake, Math.min(...soon))
    return false
  })
  const stopHints = pubsub.onEndedSessions((sessionIds) => {
    endUnlessLive(sessionIds.filter((id) => watched.has(id))).catch((error: unknown) => {
      log.warn({ err: error }, 'hint of ended sessions not followed, the next check finds them')
    })
  })

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
      void loop.stop()
      clearTimeout(expiry)
      stopHints()
      watched.clear()
    },
  }
}

/** Those of the sessions that are live, each with the ms until it expires. */
async function readLive(db: Deps['db'], sessionIds: string[]): Promise<Map<string, number>> {
  const live = await db.$queryRaw<{ id: string; expiresInMs: number }[]>`
    SELECT "id", ceil(extract(epoch FROM "expiresAt" - now()) * 1000)::float8 AS "expiresInMs"
      FROM "session" WHERE "id" = ANY(${sessionIds}) AND "revokedAt" IS NULL AND "expiresAt" > now()`
  return new Map(live.map(({ id, expiresInMs }) => [id, expiresInMs]))
}
