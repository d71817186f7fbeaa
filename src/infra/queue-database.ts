import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool, PoolClient } from 'pg'
import type { ConstructorOptions } from 'pg-boss'
import type { Logger } from 'pino'
import { startLoop } from './loop.ts'
import { describeReason } from './wait.ts'

type QueueDatabase = NonNullable<ConstructorOptions['db']>

const LISTEN_AGAIN_AFTER_MS = 1_000
/** A listening connection says nothing by itself: whether it still lives shows by asking. */
const HEARTBEAT_EVERY_MS = 5_000
const HEARTBEAT_WITHIN_MS = 2_500

/**
 * How pg-boss uses our pool. (Its own one leaves queries to a silent server waiting for ever, and has moments in which no
 * one hears a connection's error, which ends the process.)
 */
export function queueDatabase(pool: Pool, log: Logger): QueueDatabase {
  return {
    executeSql: (text, values) => pool.query(text, values),
    listen: async (channel, onNotification, onListening) => {
      const closing = new AbortController()
      const listen = async () => {
        try {
          await listenUntilBroken(pool, { channel, onNotification, onListening, signal: closing.signal })
        } catch (error) {
          if (!closing.signal.aborted)
            log.warn({ reason: describeReason(error) }, 'queue not listening, polling meanwhile')
        }
        return false
      }
      const loop = startLoop(log, 'listen', LISTEN_AGAIN_AFTER_MS, listen)
      return {
        close: () => {
          closing.abort()
          return loop.stop()
        },
      }
    },
  }
}

interface Listening {
  channel: string
  onNotification: (payload: string) => void
  onListening: () => void
  signal: AbortSignal
}

/** Hears notifications on a connection of its own. @throws when it breaks or falls silent, or the signal is aborted. */
async function listenUntilBroken(
  pool: Pool,
  { channel, onNotification, onListening, signal }: Listening,
): Promise<never> {
  const client = await pool.connect()
  const broken = new Promise<never>((_resolve, reject) => {
    client.once('end', () => reject(new Error('the connection ended')))
  })
  broken.catch(() => {})
  try {
    client.on('notification', ({ payload }) => onNotification(payload ?? ''))
    await ask(client, `LISTEN "${channel}"`)
    onListening()
    for (;;) {
      await Promise.race([sleep(HEARTBEAT_EVERY_MS, undefined, { signal }), broken])
      await ask(client, 'SELECT 1')
    }
  } finally {
    // It listens: nobody else shall get it.
    client.release(true)
  }
}

async function ask(client: PoolClient, text: string): Promise<void> {
  // The types leave out what node-postgres reads from each query.
  await client.query({ text, query_timeout: HEARTBEAT_WITHIN_MS } as { text: string })
}
