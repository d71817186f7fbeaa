/**
 * `npm run bench:bill`: a worker compares a day's bill with a database that is full of its payments, with differences of
 * each class planted. Says how long that took, how much memory the worker had at most, beside what it has when idle, and how
 * much CPU it took; exits with 1 unless every difference was found, and no other.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../test/harness/redis.ts'
import { type BillPlan, EVERY, expected, PLANTED_KINDS } from './bill-lines.ts'
import { withCpu } from './cpu.ts'
import { wechatSettings } from './deployment.ts'
import { fillGuests, fillOrders } from './fill.ts'
import { startNode } from './processes.ts'
import { type Database, openServers, type Servers } from './servers.ts'

const USAGE = `npm run bench:bill -- [--rows N]

Compares a trade bill of N lines (1000000 by default, a multiple of ${EVERY}), and the fund flow bill beside it. Needs Linux.
`
const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' }, help: { type: 'boolean' } } })
const rows = Number(values.rows)
if (values.help || !Number.isSafeInteger(rows) || rows < EVERY || rows % EVERY !== 0) {
  process.stdout.write(USAGE)
  process.exit(values.help ? 0 : 2)
}

const FILLING = { homestays: 200, guests: 10_000 }
const NOTIFY_URL = 'https://pay.example.com/wechat/pay/notify'
/** Payments that lost their notices, at the end; none of them is planted with another difference. */
const lost = Math.min(rows / EVERY, EVERY - PLANTED_KINDS - 1)

async function fill(servers: Servers, stack: AsyncDisposableStack): Promise<{ database: Database; plan: BillPlan }> {
  const database = await servers.createDatabase('bench_bill')
  stack.defer(() => database.client.end())
  const bench = { servers, stack, scale: 1, manyPayments: rows }
  await fillGuests(bench, database.client, FILLING)
  const paid = rows - lost
  await fillOrders(bench, database.client, { ...FILLING, from: 1, to: paid, stage: 'done' })
  await fillOrders(bench, database.client, { ...FILLING, from: paid + 1, to: rows, stage: 'tapped' })
  const { rows: found } = await database.client.query<{ paidAt: string }>(
    `SELECT to_char(max("payTime") AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS') AS "paidAt" FROM payment`,
  )
  const { appid, mchid } = servers.credentials
  return { database, plan: { appid, mchid, paidAt: found[0]?.paidAt ?? '', payments: rows, guests: FILLING.guests } }
}

/** The most memory that a process has had so far, in MB. */
function peakMb(pid: number): number {
  const [, kb] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kb) / 1024)
}

async function startWorker(servers: Servers, database: Database, plan: BillPlan, stack: AsyncDisposableStack) {
  const { credentials, folder, redisUrl } = servers
  const [wechatPort, port] = [await freePort(), await freePort()]
  const wechatUrl = `http://127.0.0.1:${wechatPort}`
  const wechatEnv = { PORT: `${wechatPort}`, CREDENTIALS: JSON.stringify(credentials), PLAN: JSON.stringify(plan) }
  const wechat = await startNode({
    file: 'bench/bill-wechat.ts',
    env: wechatEnv,
    folder,
    readyUrl: `${wechatUrl}/ready`,
  })
  stack.defer(() => wechat.stop())
  const settings = wechatSettings(credentials, { wechatUrl, notifyUrl: NOTIFY_URL })
  const env = {
    ...settings,
    NODE_ENV: 'development',
    LOG_LEVEL: 'fatal',
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl,
    PORT: `${port}`,
  }
  const worker = await startNode({ file: 'src/worker.ts', env, folder, readyUrl: `http://127.0.0.1:${port}/readyz` })
  stack.defer(() => worker.stop())
  return worker
}

/** How long the day took once a worker had it, in seconds; the loop looks once a minute. */
async function secondsToCompare({ client }: Database): Promise<number> {
  let begun: number | undefined
  while (true) {
    const { rows: days } = await client.query<{ status: string; note: string | null; isClaimed: boolean }>(
      'SELECT status, note, "claimedBy" IS NOT NULL AS "isClaimed" FROM bill_day',
    )
    const [day] = days
    if (day?.note) throw new Error(day.note)
    if (day?.isClaimed || day?.status === 'DONE') begun ??= performance.now()
    if (begun !== undefined && day?.status === 'DONE') return (performance.now() - begun) / 1_000
    await pause(200)
  }
}

async function countDifferences({ client }: Database): Promise<Record<string, number>> {
  const { rows: counts } = await client.query<{ name: string; count: number }>(
    `SELECT class || ' ' || outcome AS name, count(*)::int FROM bill_difference GROUP BY 1 ORDER BY 1`,
  )
  return Object.fromEntries(counts.map(({ name, count }) => [name, count]))
}

const stack = new AsyncDisposableStack()
let closed: Promise<void> | undefined
const close = () => (closed ??= stack.disposeAsync())
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void close().finally(() => process.exit(1)))
}
try {
  const servers = await openServers(stack)
  const { database, plan } = await fill(servers, stack)
  const worker = await startWorker(servers, database, plan, stack)
  const idleMb = peakMb(worker.pid)
  await database.client.query(`INSERT INTO bill_day ("billOn") VALUES ($1)`, [plan.paidAt.slice(0, 10)])
  const watched = { worker: worker.pid, PostgreSQL: servers.postgresPid }
  const { result: seconds, cpu } = await withCpu(watched, () => secondsToCompare(database))
  const [found, wanted] = [JSON.stringify(await countDifferences(database)), JSON.stringify(expected(plan, lost))]
  process.stdout.write(
    `${rows} lines in ${seconds.toFixed(0)} s; worker ${idleMb} MB idle, ${peakMb(worker.pid)} MB at most; ` +
      `CPU: ${Object.entries(cpu)
        .map(([name, ms]) => `${name} ${(ms / 1_000).toFixed(0)} s`)
        .join(', ')}\n`,
  )
  process.stdout.write(`found ${found}\n`)
  if (found !== wanted) {
    process.stderr.write(`planted ${wanted}\n`)
    process.exitCode = 1
  }
} finally {
  await close()
}
