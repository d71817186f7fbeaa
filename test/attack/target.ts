import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { createCredentials, openSandbox } from '@looklook-pay/sandbox'
import pino from 'pino'
import { seed } from '../../prisma/seed.ts'
import { openDatabase } from '../../src/infra/database.ts'
import { startEmbeddedPostgres } from '../../src/infra/embedded-postgres.ts'
import { migrate } from '../../src/infra/migrate.ts'
import { NO_ENV_FILE } from '../harness/no-env-file.ts'
import { freePort, startRedis } from '../harness/redis.ts'
import { makeScratch } from '../harness/scratch.ts'

/** What is attacked may hold so much: an attack on memory then ends the process within seconds, where it can. */
const HEAP_MB = 512
const READY_WITHIN_MS = 300_000

/** What a client knows of the deployment; may be passed to another thread. */
export interface TargetUrls {
  /** Without a path. */
  api: string
  sandbox: string
  metrics: string
}

export interface Target {
  urls: TargetUrls
  /** False once the API's process has ended. */
  isAlive(): boolean
  /** What the API wrote. */
  output(): string
  /** The memory of the API's process, in bytes. */
  memory(): Promise<number>
  /** The value of a metric of the API, all its labels added up; 0 when it has none. */
  metric(name: string): Promise<number>
  close(): Promise<void>
}

/**
 * A deployment as an operator has it: PostgreSQL and Redis, an API and a worker as processes of their own, with every
 * limit at its default; and the sandbox as WeChat.
 */
export async function openTarget(env: Record<string, string> = {}): Promise<Target> {
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer()
  }
  try {
    return { ...(await open(env, closers)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function open(env: Record<string, string>, closers: (() => Promise<unknown>)[]): Promise<Omit<Target, 'close'>> {
  const databaseUrl = await openData(closers)
  const redis = await startRedis()
  if (!redis) throw new Error('redis-server is needed: apt-get install redis-server')
  closers.push(() => redis.stop())

  const [port, workerPort, metricsPort] = [await freePort(), await freePort(), await freePort()]
  const api = `http://127.0.0.1:${port}`
  const credentials = await createCredentials(Date.now())
  const sandbox = await openSandbox({ notifyUrl: `${api}/wechat/pay/notify`, credentials })
  closers.push(() => sandbox.close())

  const settings = {
    NODE_ENV: 'development',
    SESSION_SECRET: 'a secret of the attacks that is long enough',
    ...sandbox.env,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    METRICS_PORT: String(metricsPort),
    LOG_LEVEL: 'warn',
    ...env,
  }
  const server = startProcess('src/api.ts', { ...settings, PORT: String(port) })
  closers.push(() => end(server.child))
  const worker = startProcess('src/worker.ts', { ...settings, PORT: String(workerPort) })
  closers.push(() => end(worker.child))
  await ready(api, server)
  await ready(`http://127.0.0.1:${workerPort}`, worker)

  // Outside production the API serves them itself.
  const metrics = `${api}/metrics`
  return {
    urls: { api, sandbox: sandbox.url, metrics },
    isAlive: () => isRunning(server.child),
    output: server.output,
    memory: () => readMemory(server.child.pid),
    metric: (name) => readMetric(metrics, name),
  }
}

async function openData(closers: (() => Promise<unknown>)[]): Promise<string> {
  const log = pino({ level: 'error' })
  const dataDir = await makeScratch('looklook-attack-')
  closers.push(() => rm(dataDir, { recursive: true, force: true }))
  const postgres = await startEmbeddedPostgres({ dataDir, log })
  closers.push(() => postgres.stop())
  await migrate(postgres.url, { log })
  const db = openDatabase(postgres.url, { poolSize: 1, log })
  await seed(db)
  await db.$disconnect()
  return postgres.url
}

function startProcess(file: string, env: Record<string, string>): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, file], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...NO_ENV_FILE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + String(chunk)).slice(-100_000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  return { child, output: () => output }
}

const isRunning = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null

async function end(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

async function ready(url: string, { child, output }: ReturnType<typeof startProcess>): Promise<void> {
  const endsAt = Date.now() + READY_WITHIN_MS
  while (Date.now() < endsAt && isRunning(child)) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined)
    if (answer?.status === 200) return
    await setTimeout(50)
  }
  throw new Error(`It isn't ready:\n${output()}`)
}

async function readMemory(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
}

async function readMetric(url: string, name: string): Promise<number> {
  const text = await (await fetch(url, { headers: { connection: 'close' } })).text()
  const values = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
  return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
