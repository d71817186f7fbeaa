import pino from 'pino'
import { openDatabase } from '../../src/infra/database.ts'
import { describe, expect, test } from '../harness/sql.ts'

function openLog() {
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  return { lines, log: pino({ base: null, timestamp: false }, { write }) }
}

const BREAK = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE application_name = 'looklook-pay' AND datname = current_database()`

describe('an idle database connection that breaks', () => {
  test('logs a broken idle connection with its reason, and without the connection', async ({ sql }) => {
    const { lines, log } = openLog()
    const db = openDatabase(sql.url, { log })
    await db.$queryRaw`SELECT 1`
    await sql.query(BREAK)
    await expect.poll(() => lines.length).toBe(1)
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 40,
      error: { code: '57P01', message: 'terminating connection due to administrator command' },
      msg: 'database connection broken, the next query opens another',
    })
    expect(await db.$queryRaw`SELECT 1 AS one`).toEqual([{ one: 1 }])
    await db.$disconnect()
  })

  test('logs nothing about connections that break while the pool closes', async ({ sql }) => {
    const { lines, log } = openLog()
    const db = openDatabase(sql.url, { log })
    await Promise.all([
      db.$queryRaw`SELECT 1 AS one FROM pg_sleep(0.05)`,
      db.$queryRaw`SELECT 1 AS one FROM pg_sleep(0.05)`,
    ])
    // The pool is closing its connections when the server terminates them.
    const closing = db.$disconnect()
    await Promise.all([closing, sql.query(BREAK)])
    await expect
      .poll(() =>
        sql.query(`SELECT 1 FROM pg_stat_activity WHERE application_name = 'looklook-pay'
        AND datname = current_database()`),
      )
      .toEqual([])
    expect(lines).toEqual([])
  })
})
