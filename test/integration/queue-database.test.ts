import pino from 'pino'
import { onTestFinished } from 'vitest'
import { openPool } from '../../src/infra/pool.ts'
import { queueDatabase } from '../../src/infra/queue-database.ts'
import { endingAfterReady } from '../harness/greeting-proxy.ts'
import { LONG_MS } from '../harness/patience.ts'
import { whileSilent } from '../harness/silent-database.ts'
import { describe, expect, test } from '../harness/sql.ts'

const log = pino({ level: 'silent' })

function open(url: string, { silenceMs = 1_000 } = {}) {
  const patience = { acquireMs: 60_000, statementMs: 60_000, silenceMs }
  const pool = openPool(url, { size: 3, name: 'looklook-pay queue', patience, log })
  onTestFinished(() => pool.end())
  return queueDatabase(pool, log)
}

describe('the queue’s connections', () => {
  test('fails a statement to a silent server, and the next one is answered', async ({ sql }) => {
    const db = open(sql.url)
    await db.executeSql('SELECT 1')

    await whileSilent(sql.url, async () => {
      await expect(db.executeSql('SELECT 1')).rejects.toThrow('no answer from PostgreSQL within 1 s')
      expect((await db.executeSql('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    })
  })

  test('survive a server that ends them as soon as they are ready', async ({ sql }) => {
    const db = open(await endingAfterReady(sql.url, 1))
    await expect(db.executeSql('SELECT 1')).rejects.toThrow()
  })

  test('listen again after a silence and after an end, and say so each time', async ({ sql }) => {
    const heard: string[] = []
    let listened = 0
    // Its own questions to the server notice the silence.
    const listening = await open(sql.url, { silenceMs: LONG_MS }).listen?.(
      'work',
      (payload) => heard.push(payload),
      () => (listened += 1),
    )
    await expect.poll(() => listened).toBe(1)

    await whileSilent(sql.url, () => expect.poll(() => listened).toBe(2))
    await sql.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'looklook-pay queue'`)
    await expect.poll(() => listened).toBe(3)

    await sql.query(`NOTIFY work, 'job'`)
    await expect.poll(() => heard).toEqual(['job'])
    await listening?.close()
  })
})
