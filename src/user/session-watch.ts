import { Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { startLoop } from '../infra/loop.ts'
import { queryRows } from '../infra/statement.ts'

const CHECK_EVERY_MS = 800
/** How many sessions one query looks at; the event loop comes round between two. */
const CHECK_AT_ONCE = 1_000
const NOBODY: readonly (() => void)[] = []

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
  // Replaced when somebody comes or goes: nearly always a session has one, and a set takes several times its memory.
  const watched = new Map<string, readonly (() => void)[]>()
  let expiry: NodeJS.Timeout | undefined

  const end = (sessionId: string) => {
    const callbacks = watched.get(sessionId)
    watched.delete(sessionId)
    for (const callback of callbacks ?? []) callback()
  }
  const endUnlessLive = (sessionIds: string[]) => endThoseOver(db, sessionIds, { withinMs: checkEveryMs, end })
  const loop = startLoop(log, 'session-watch', checkEveryMs, async () => {
    const nextInMs = await endUnlessLive([...watched.keys()])
    clearTimeout(expiry)
    if (nextInMs < checkEveryMs) expiry = setTimeout(loop.wake, nextInMs)
    return false
  })
  const stopHints = pubsub.onEndedSessions((sessionIds) => {
    endUnlessLive(sessionIds.filter((id) => watched.has(id))).catch((error: unknown) => {
      log.warn({ err: error }, 'ended sessions not looked up after a hint, the next check finds them')
    })
  })

  return {
    watch(sessionId, onEnd) {
      const callback = () => onEnd()
      watched.set(sessionId, (watched.get(sessionId) ?? NOBODY).concat(callback))
      return () => {
        const others = watched.get(sessionId)?.filter((each) => each !== callback) ?? NOBODY
        if (others.length === 0) watched.delete(sessionId)
        else watched.set(sessionId, others)
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

/** Ends those of the sessions that are over. @returns the ms until the next one is, infinity when none is `withinMs`. */
async function endThoseOver(
  db: Deps['db'],
  sessionIds: string[],
  { withinMs, end }: { withinMs: number; end: (sessionId: string) => void },
): Promise<number> {
  let nextInMs = Number.POSITIVE_INFINITY
  for (let from = 0; from < sessionIds.length; from += CHECK_AT_ONCE) {
    for (const { id, endsInMs } of await readEnding(db, sessionIds.slice(from, from + CHECK_AT_ONCE), withinMs)) {
      if (endsInMs <= 0) end(id)
      else nextInMs = Math.min(nextInMs, endsInMs)
    }
  }
  return nextInMs
}

/** Those of the sessions that are over, with 0 ms or less, and those that end by themselves within `withinMs`. */
function readEnding(
  db: Deps['db'],
  sessionIds: string[],
  withinMs: number,
): Promise<{ id: string; endsInMs: number }[]> {
  const statement = Prisma.sql`
    SELECT watched."id", CASE WHEN s."revokedAt" IS NULL AND s."expiresAt" > now()
                              THEN ceil(extract(epoch FROM s."expiresAt" - now()) * 1000)::float8
                              ELSE 0 END AS "endsInMs"
      FROM unnest(${sessionIds}::text[]) AS watched("id") LEFT JOIN "session" s ON s."id" = watched."id"
     WHERE s."id" IS NULL OR s."revokedAt" IS NOT NULL
        OR s."expiresAt" <= now() + ${withinMs}::float8 * interval '1 millisecond'`
  return queryRows(db, statement)
}
