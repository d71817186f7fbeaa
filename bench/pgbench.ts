import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { median } from './part.ts'
import type { Database } from './servers.ts'

/** Debian keeps its programs of PostgreSQL out of the PATH. */
const DEBIAN = '/usr/lib/postgresql'

/**
 * The rows that settling a payment writes, and nothing else: what PostgreSQL alone makes possible. Each client takes the
 * payments of a range of its own.
 */
const SCRIPT = `
\\set i :i + 1
\\set n :first + :client_id * :each + :i
WITH changed AS (
  UPDATE payment SET status = 'SUCCESS', version = version + 1, "publishedVersion" = version + 1, "transactionId" = '4300' || lpad(:n::text, 24, '0'),
    "paidTotal" = "payTotal", "payerTotal" = "payTotal", "payTime" = now(), "paidAt" = now(), "tradeState" = 'SUCCESS',
    "tradeStateDesc" = '支付成功', "tradeType" = 'JSAPI', "nextRecheckAt" = NULL
  WHERE sn = 'PA20261126' || lpad(:n::text, 18, '0') RETURNING *
)
INSERT INTO payment_event ("paymentSn", version, "fromStatus", "toStatus", source, detail, type, "orderSn", "serviceType",
  "payTotal", "paidTotal", "payerTotal", "refundedTotal", "transactionId", "payTime")
SELECT sn, version, 'PENDING', 'SUCCESS', 'NOTICE', jsonb_build_object('wechat', repeat('x', 500)), 'payment.succeeded',
  "orderSn", "serviceType", "payTotal", "paidTotal", "payerTotal", "refundedTotal", "transactionId", "payTime" FROM changed;
`

export interface PgbenchResult {
  perSecond: number
  /** Milliseconds. */
  p50: number
}

/** Settles the payments with the numbers `from` to `to` by pgbench. @throws when there is no pgbench. */
export async function pgbench(
  { url }: Database,
  { from, to, clients }: { from: number; to: number; clients: number },
): Promise<PgbenchResult> {
  const { username, pathname, searchParams } = new URL(url)
  const each = Math.floor((to - from + 1) / clients)
  const folder = await mkdtemp('/tmp/looklook-pgbench-')
  try {
    const script = join(folder, 'settle.sql')
    await writeFile(script, SCRIPT)
    const variables = { i: 0, first: from - 1, each }
    const options = { '-M': 'prepared', '-f': script, '-c': clients, '-t': each, '-h': searchParams.get('host') ?? '' }
    const args = [
      '-n',
      '--log',
      `--log-prefix=${join(folder, 'log')}`,
      ...Object.entries(options).flatMap(([option, value]) => [option, `${value}`]),
      ...Object.entries(variables).flatMap(([name, value]) => ['-D', `${name}=${value}`]),
      '-U',
      username,
      pathname.slice(1),
    ]
    const { stdout } = await promisify(execFile)(findPgbench(), args)
    return { perSecond: readRate(stdout, each * clients), p50: median(await readLatencies(folder)) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function findPgbench(): string {
  const debian = existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin')) : []
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...debian]
  const found = folders.map((folder) => join(folder, 'pgbench')).find((program) => existsSync(program))
  if (!found) throw new Error('pgbench is needed: apt-get install postgresql')
  return found
}

function readRate(output: string, expected: number): number {
  const [, done] = /actually processed: (\d+)/.exec(output) ?? []
  const [, tps] = /tps = ([\d.]+) \(without initial/.exec(output) ?? []
  if (Number(done) !== expected || tps === undefined) throw new Error(`pgbench failed:\n${output}`)
  return Number(tps)
}

/** Microseconds are the third column of its log. */
async function readLatencies(folder: string): Promise<number[]> {
  const files = readdirSync(folder).filter((name) => name.startsWith('log'))
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))
  return texts.flatMap((text) => text.trim().split('\n')).map((line) => Number(line.split(' ')[2]) / 1000)
}
