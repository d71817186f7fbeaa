import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { NO_ENV_FILE } from '../../harness/no-env-file.ts'

const DAY = '2026-11-02'
const LINES = 60_000
/** Far more than pipes and streams hold, and far from all. */
const KEPT = 30_000

async function givenComparedDay({ deps: { db } }: TestApp): Promise<void> {
  await db.$executeRaw`INSERT INTO bill_day ("billOn", status) VALUES (${DAY}::date, 'DONE')`
  await db.$executeRaw`
    INSERT INTO bill_row ("billOn", kind, number, "outTradeNo", "tradedAt", state, amount, settled, fee)
    SELECT ${DAY}::date, 'PAYMENT', lpad(n::text, 28, '0'), 'PA' || n, now(), 'SUCCESS', 12800, 12800, 76.8
    FROM generate_series(1, ${LINES}::int) n`
}

/** `admin bill export` as a process, whose output nobody has begun to read. */
function startExport(databaseUrl: string) {
  const env = { PATH: process.env['PATH'], ...NO_ENV_FILE, DATABASE_URL: databaseUrl }
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit']
  const child = spawn(process.execPath, ['src/admin.ts', 'bill', 'export', DAY], { env, stdio })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child.stdout
}

/** Waits until the command has asked for lines, and asks for no more. */
async function whenItWaits({ deps: { db } }: TestApp): Promise<void> {
  let last: string | null = null
  const isWaiting = async () => {
    const before = last
    const [newest] = await db.$queryRaw<[{ asked: string | null }]>`
      SELECT max(query_start)::text AS asked FROM pg_stat_activity
      WHERE datname = current_database() AND query LIKE '%FROM bill_row r%' AND pid <> pg_backend_pid()`
    last = newest.asked ?? before
    return last !== null && last === before
  }
  await expect.poll(isWaiting, { interval: 300 }).toBe(true)
}

describe('admin bill export', () => {
  test('reads no further than whoever reads it', async ({ app }) => {
    await givenComparedDay(app)
    const output = startExport(app.databaseUrl)
    await whenItWaits(app)
    // What it has read by now it prints.
    await app.deps.db.$executeRaw`DELETE FROM bill_row WHERE number > ${String(KEPT).padStart(28, '0')}`
    let lines = 0
    for await (const _line of createInterface({ input: output })) lines += 1
    expect(lines).toBe(1 + KEPT)
  })
})
