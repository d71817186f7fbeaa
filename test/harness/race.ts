import { Client } from 'pg'
import type { TestApp } from './app.ts'
import { expect } from './app.ts'
import { keyColumn, SESSIONS, WAITING_FOR_LOCK } from './locks.ts'

export interface Lock {
  table:
    | 'payment'
    | 'homestay_order'
    | 'refund'
    | 'user'
    | 'message'
    | 'homestay'
    | 'wrong_codes'
    | 'payment_mismatch'
    | 'webhook_delivery'
  key: string
  /** With `NO KEY UPDATE`, a transaction that only refers to the row by a foreign key doesn't wait. */
  strength?: 'UPDATE' | 'NO KEY UPDATE'
}

/**
 * Runs `calls` so that all of them wait for the row's lock before any can write: their overlap is forced, not left to
 * luck. They queue for the lock in the order given.
 *
 * @returns how each ended, in the order given.
 */
export async function race<Result>(
  app: TestApp,
  lock: Lock,
  calls: (() => Promise<Result>)[],
): Promise<PromiseSettledResult<Result>[]> {
  return whileLocked(app, lock, async (waiters) => {
    const running: Promise<Result>[] = []
    for (const call of calls) {
      const result = call()
      result.catch(() => {})
      running.push(result)
      // Else nobody would hear why it doesn't wait.
      const endedEarly = result.then(() => Promise.reject(new Error('a call ended without waiting for the lock')))
      await Promise.race([waiters(running.length), endedEarly])
    }
    return () => Promise.allSettled(running)
  })
}

/**
 * Holds the row's lock while `body` runs; releases it, then awaits the function that `body` returned.
 *
 * @param body gets a function that resolves once `count` others wait for a lock.
 */
export async function whileLocked<Result>(
  app: TestApp,
  { table, key, strength = 'UPDATE' }: Lock,
  body: (waiters: (count: number) => Promise<void>) => Promise<() => Promise<Result>>,
): Promise<Result> {
  const holder = new Client({ connectionString: app.databaseUrl })
  const watcher = new Client({ connectionString: app.databaseUrl })
  await Promise.all([holder.connect(), watcher.connect()])
  const waiters = async (count: number) => {
    // Not through `holder`: inside a transaction pg_stat_activity does not change.
    const poll = expect.poll(async () => (await watcher.query(WAITING_FOR_LOCK)).rowCount ?? 0, { interval: 5 })
    await poll.toBeGreaterThanOrEqual(count).catch(async (cause: unknown) => {
      const { rows } = await watcher.query(SESSIONS)
      throw new Error(`${count} were to wait for a lock: ${JSON.stringify(rows)}`, { cause })
    })
  }
  try {
    await holder.query('BEGIN')
    await holder.query(`SELECT 1 FROM "${table}" WHERE "${keyColumn(table)}" = $1 FOR ${strength}`, [key])
    const after = await body(waiters)
    await holder.query('COMMIT')
    return await after()
  } finally {
    await Promise.all([holder.end(), watcher.end()])
  }
}

/** Locks a whole table while `body` runs, against writes or against reads too; then awaits the function that `body` returned. */
export async function whileTableLocked<Result>(
  app: TestApp,
  table: 'payment_mismatch' | 'session' | 'message',
  body: () => Promise<() => Promise<Result>>,
  against: 'writes' | 'reads' = 'writes',
): Promise<Result> {
  const holder = new Client({ connectionString: app.databaseUrl })
  await holder.connect()
  try {
    await holder.query(`BEGIN; LOCK TABLE ${table} IN ${against === 'reads' ? 'ACCESS ' : ''}EXCLUSIVE MODE`)
    const after = await body()
    await holder.query('COMMIT')
    return await after()
  } finally {
    await holder.end()
  }
}
