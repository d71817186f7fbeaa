import { join } from 'node:path'
import { throughPort } from '../harness/postgres-messages.ts'
import { freePort } from '../harness/redis.ts'
import type { Failpoints } from './failpoints.ts'
import type { Supervisor } from './supervisor.ts'

const WORKERS = 2

interface Parts {
  supervisor: Supervisor
  failpoints: Failpoints
  /** The environment of every process, but for its ports. */
  settings: Record<string, string>
  wechatPort: number
}

/** The settings by which a process calls WeChat so that it can be met there. */
async function throughFailpoints(name: string, { failpoints, wechatPort }: Parts): Promise<Record<string, string>> {
  const url = `http://127.0.0.1:${await failpoints.toWechat(name, wechatPort)}`
  return { WECHAT_PAY_API_URL: url, WECHAT_API_URL: url }
}

/**
 * Processes on this database; `npm start` where there is none, with its own in `folder`.
 *
 * @returns the database’s URL.
 */
export async function startDeployment(
  parts: Parts,
  { apiPorts, folder, ownUrl }: { apiPorts: number[]; folder: string; ownUrl?: string },
): Promise<string> {
  if (ownUrl === undefined) return startEverything(parts, apiPorts[0] ?? 0, folder)
  await startProcesses(parts, apiPorts, ownUrl)
  return ownUrl
}

/** An API process at each of these ports, and two workers, on this database. */
async function startProcesses(parts: Parts, apiPorts: number[], databaseUrl: string): Promise<void> {
  const { supervisor, failpoints, settings } = parts
  const start = async (name: string, file: string, port: number) => {
    const database = throughPort(databaseUrl, await failpoints.toDatabase(name, databaseUrl))
    const own = { PORT: `${port}`, DATABASE_URL: database, ...(await throughFailpoints(name, parts)) }
    supervisor.start({ name, file, port, works: file === 'src/worker.ts', env: { ...settings, ...own } })
  }
  for (const [index, port] of apiPorts.entries()) await start(`API ${index + 1}`, 'src/api.ts', port)
  for (let nth = 1; nth <= WORKERS; nth++) await start(`worker ${nth}`, 'src/worker.ts', await freePort())
}

/** `npm start`: one process with a database of its own in `folder`. @returns the database’s URL, once the process is ready. */
async function startEverything(parts: Parts, port: number, folder: string): Promise<string> {
  // Neither Redis nor a database: it has its own.
  const { REDIS_URL: _redis, DATABASE_URL: _database, ...settings } = parts.settings
  const own = { PORT: `${port}`, DATA_DIR: folder, ...(await throughFailpoints('npm start', parts)) }
  parts.supervisor.start({ name: 'npm start', file: 'src/main.ts', port, works: true, env: { ...settings, ...own } })
  return `postgresql://looklook@localhost/looklook?host=${encodeURIComponent(join(folder, 'socket'))}`
}
