import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { compileInto } from '../harness/compile-cache.ts'
import { freePort } from '../harness/redis.ts'
import { makeScratch } from '../harness/scratch.ts'
import { clockEnvironment, FOLLOWS_WITHIN_MS, hasClock, moveClock, resetClock } from './clock.ts'
import { startDeployment } from './deployment.ts'
import type { Exit } from './evidence.ts'
import { type Failpoints, openFailpoints } from './failpoints.ts'
import { openFront } from './front.ts'
import { MORE_HOMESTAYS } from './homestays.ts'
import {
  type Closers,
  endLeftDatabase,
  type OwnRedis,
  openOwnDatabase,
  openRedis,
  queryOnce,
  signalDatabase,
} from './servers.ts'
import type { SmallDisk } from './small-disk.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'
import { startSandbox, type Wechat } from './wechat.ts'

const READY_WITHIN_MS = 300_000
const API_PROCESSES = 2

/** A slow answer is no other clock. */
const CLOCKS_DIFFER_MS = 600_000

/** Two API processes and two workers with servers beside them, or `npm start`, which has everything in one process. */
export type StageKind = 'processes' | 'start'

/** A deployment with servers of its own, and WeChat beside it. */
export interface Stage {
  kind: StageKind
  dataDir: string
  databaseUrl: string
  /** The environment of every process, but for its ports. */
  settings: Record<string, string>
  apiPorts: number[]
  supervisor: Supervisor
  failpoints: Failpoints
  wechat: Wechat
  /** Of the processes, and of WeChat's. */
  exits(): Exit[]
  /** PostgreSQL ends; whoever runs it starts it again. */
  stopDatabase(signal: NodeJS.Signals): void
  /** What everybody listens through; `npm start` listens in itself. */
  redis: OwnRedis | undefined
  /** What the database is on, where it can be full. */
  disk: SmallDisk | undefined
  /** Nothing runs, and so much later everything goes on; where the clock can be moved. */
  sleep: ((seconds: number) => Promise<void>) | undefined
  /** One statement on a connection of its own. */
  query<Row extends object>(sql: string): Promise<Row[]>
  /** Ends everything; safe to call twice. */
  close(options: { keepFiles: boolean }): Promise<void>
}

export interface StageOptions {
  kind: StageKind
  /** The code of the API and the workers. */
  root: string
  env: Record<string, string>
  /** Statements that the database runs before the processes start. */
  sql: readonly string[]
}

export async function openStage(options: StageOptions): Promise<Stage> {
  resetClock()
  const closers: Closers = []
  const dataDir = await makeScratch('looklook-faults-')
  let closing: Promise<void> | undefined
  const closeAll = async (keepFiles: boolean) => {
    for (const closer of closers.splice(0).toReversed()) await closer()
    if (!keepFiles) await rm(dataDir, { recursive: true, force: true })
  }
  const close = ({ keepFiles }: { keepFiles: boolean }) => (closing ??= closeAll(keepFiles))
  try {
    return { ...(await open({ ...options, dataDir }, closers)), close }
  } catch (error) {
    await close({ keepFiles: false })
    throw error
  }
}

async function open(options: StageOptions & { dataDir: string }, closers: Closers): Promise<Omit<Stage, 'close'>> {
  const { kind, root, env, sql, dataDir } = options
  const logFolder = join(dataDir, 'logs')
  await mkdir(logFolder)
  const redis = await openRedis(closers)
  const failpoints = openFailpoints()
  closers.push(() => failpoints.close())
  const isStart = kind === 'start'
  const apiPorts = await Promise.all(Array.from({ length: isStart ? 1 : API_PROCESSES }, freePort))
  const front = await openFront(apiPorts)
  closers.push(() => front.close())
  const folder = join(dataDir, 'database')
  const database = isStart ? undefined : await openOwnDatabase({ folder, logFolder }, closers)
  const cluster = join(folder, 'postgres')
  if (isStart) closers.push(() => endLeftDatabase(cluster))
  // The database that `npm start` runs has the machine's own clock, and so has everybody there.
  const canSleep = hasClock() && !isStart
  const compiled = process.env['NODE_COMPILE_CACHE'] ?? join(dataDir, 'compiled')
  await compileInto(compiled, root)
  const ofAll = { ...(canSleep ? clockEnvironment() : {}), NODE_COMPILE_CACHE: compiled }
  const sandboxes = createSupervisor({ root: process.cwd(), logFolder, env: ofAll })
  const supervisor = createSupervisor({ root, logFolder, env: ofAll })
  closers.push(() => Promise.all([supervisor.stop(), sandboxes.stop()]))
  const notifyUrl = `http://127.0.0.1:${front.port}/wechat/pay/notify`
  const { wechat, port: wechatPort, settings: ofWechat } = await startSandbox(sandboxes, { dataDir, notifyUrl })

  const settings = { ...ofWechat, ...SETTINGS, REDIS_URL: redis.url, ...env }
  const parts = { supervisor, failpoints, settings, wechatPort }
  if (database) for (const statement of sql) await queryOnce(database.url, statement)
  const databaseUrl = await startDeployment(parts, { apiPorts, folder, ...(database && { ownUrl: database.url }) })
  await supervisor.allReady(READY_WITHIN_MS)
  const query = <Row extends object>(text: string) => queryOnce<Row>(databaseUrl, text)
  await query(MORE_HOMESTAYS)
  // What guests find is on the disk, however commits are made.
  if (database) await queryOnce(database.url, 'CHECKPOINT')
  const pids = () => [...(database?.server.pids() ?? []), ...supervisor.pids(), ...sandboxes.pids()]
  if (canSleep)
    await verifyClocks({ pids, query, ports: [...supervisor.processes.map(({ port }) => port), wechatPort] })
  return {
    kind,
    dataDir,
    databaseUrl,
    settings: { ...settings, DATABASE_URL: databaseUrl },
    apiPorts,
    supervisor,
    failpoints,
    wechat,
    exits: () => [...supervisor.exits, ...sandboxes.exits],
    stopDatabase: (signal) => signalDatabase(cluster, signal),
    redis: isStart ? undefined : redis,
    disk: database?.disk,
    sleep: canSleep ? (seconds) => sleep(pids, seconds) : undefined,
    query,
  }
}

const SETTINGS = {
  NODE_ENV: 'development',
  LOG_LEVEL: 'warn',
  SESSION_SECRET: 'a secret of the faults that is long enough',
  // Weeks pass.
  SESSION_TTL_SECONDS: `${365 * 86_400}`,
  RATE_LIMIT_FACTOR: '100000',
  WEBHOOK_ALLOW_PRIVATE: 'true',
  ORDER_UPLOAD_SHIPPING: 'true',
}

/** As a machine that is suspended: so nobody sees the clocks of two processes differ. */
async function sleep(pids: () => number[], seconds: number): Promise<void> {
  const signalAll = (signal: NodeJS.Signals) => {
    for (const pid of pids()) {
      try {
        process.kill(pid, signal)
      } catch {
        // It has ended meanwhile.
      }
    }
  }
  signalAll('SIGSTOP')
  // Sessions that were beginning; no others begin.
  signalAll('SIGSTOP')
  moveClock(seconds)
  await setTimeout(FOLLOWS_WITHIN_MS)
  signalAll('SIGCONT')
}

/** @throws when somebody’s clock isn’t moved with the others: then a run proves less than it says. */
async function verifyClocks({
  pids,
  query,
  ports,
}: Pick<Stage, 'query'> & { pids: () => number[]; ports: number[] }): Promise<void> {
  await sleep(pids, (2 * CLOCKS_DIFFER_MS) / 1_000)
  const [row] = await query<{ at: Date }>('SELECT clock_timestamp() AS at')
  const headers = await Promise.all(
    ports.map(async (port) => (await fetch(`http://127.0.0.1:${port}/readyz`)).headers.get('date') ?? ''),
  )
  const instants = [row?.at.getTime() ?? 0, ...headers.map((date) => Date.parse(date))]
  const isOff = (instant: number) => !(Math.abs(instant - Date.now()) < CLOCKS_DIFFER_MS)
  if (instants.some(isOff)) throw new Error(`not all clocks are moved: ${instants.join(', ')}, and ${Date.now()} here`)
}
