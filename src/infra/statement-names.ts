import { createHash } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import { connectionOf } from './pool.ts'

/** Names per database, and so prepared statements per connection: PostgreSQL keeps the plan of each in memory. */
const MAX_NAMES = 250
/** Texts without a name that are remembered, to recognise those that come again. */
const MAX_CANDIDATES = 250
/** In characters. What is longer lists its rows one by one, and hardly comes again with as many; so each map holds 2 MB. */
const MAX_TEXT_LENGTH = 8 * 1024

/** Lists of values, whose length makes another text each time; a client may choose it. */
const LIST = /\bIN \(\$\d+,/

/** They have no plan, and cost nothing to parse. */
const TRANSACTION_CONTROL = /^\s*(?:BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET)\b/i

/** Where PostgreSQL finds that a prepared statement returns other columns than when it was prepared; messages are translated. */
const STALE_PLAN_ROUTINE = 'RevalidateCachedQuery'

/**
 * Chooses which statements are prepared, under which name: PostgreSQL then parses and plans each once per connection, and
 * not every time.
 */
export interface StatementNames {
  /** The name for a statement; undefined for one that isn't worth it, or not yet. */
  nameOf(text: string): string | undefined
}

/**
 * Names for the statements on a pool's connections. A text gets its name when it comes for the second time, and keeps it;
 * lists of varying length, each with a text of its own, therefore don't fill the memory of PostgreSQL.
 *
 * After a migration a prepared `SELECT *` fails for ever ("cached plan must not change result type"). The first such failure
 * on any connection replaces all names, so that everything is prepared anew.
 */
export function createStatementNames(pool: Pool): StatementNames {
  const names = new Map<string, string>()
  const candidates = new Set<string>()
  let generation = 0
  pool.on('connect', (client: PoolClient) => {
    connectionOf(client).on('errorMessage', ({ routine }) => {
      if (routine !== STALE_PLAN_ROUTINE) return
      generation += 1
      names.clear()
    })
  })
  return {
    nameOf(text) {
      const known = names.get(text)
      if (known !== undefined) return known
      if (names.size >= MAX_NAMES || text.length > MAX_TEXT_LENGTH) return undefined
      if (LIST.test(text) || TRANSACTION_CONTROL.test(text)) return undefined
      if (!candidates.delete(text)) {
        const [oldest] = candidates
        if (candidates.size >= MAX_CANDIDATES && oldest !== undefined) candidates.delete(oldest)
        candidates.add(text)
        return undefined
      }
      const name = `looklook_${generation}_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`
      names.set(text, name)
      return name
    },
  }
}
