import type { Logger } from 'pino'
import type { Deps } from '../../src/deps.ts'
import { openDatabase } from '../../src/infra/database.ts'
import { openQueue } from '../../src/infra/queue.ts'
import { LONG_MS } from './patience.ts'

/** An app's connections to its database. */
export type Connections = Pick<Deps, 'db' | 'settleDb' | 'queue'>

/**
 * Opens the connections that `openApp` opens, with longer time-outs: tests make statements wait for locks, on a slow
 * machine for longer than a guest or WeChat would wait.
 */
export async function openConnections(
  databaseUrl: string,
  log: Logger,
): Promise<{ connections: Connections; close(): Promise<void> }> {
  const { databases, close } = openDatabases(databaseUrl, log)
  const queue = await openQueue(databaseUrl, 'send', log)
  return {
    connections: { ...databases, queue },
    close: async () => {
      await queue.stop({ graceful: false })
      await close()
    },
  }
}

/** The same without the queue's own connections, over which pg-boss sends statements at times of its choosing. */
export function openDatabases(databaseUrl: string, log: Logger) {
  const patience = { acquireMs: LONG_MS, statementMs: LONG_MS, silenceMs: 2 * LONG_MS }
  const options = { poolSize: 10, patience, transactionTimeoutMs: LONG_MS, log }
  const db = openDatabase(databaseUrl, options)
  const settleDb = openDatabase(databaseUrl, options)
  return {
    databases: { db, settleDb },
    close: async (): Promise<void> => {
      await Promise.all([settleDb.$disconnect(), db.$disconnect()])
    },
  }
}
