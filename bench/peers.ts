import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { freePort } from '../test/harness/redis.ts'
import type { Bench } from './part.ts'
import { startNode } from './processes.ts'
import type { Database } from './servers.ts'

const FOLDER = fileURLToPath(new URL('peers', import.meta.url))

export interface Peer {
  url: string
  pid: number
}

/** The peers' packages aren't among the project's own, so that installing it stays small. */
function installPeers(): void {
  if (existsSync(`${FOLDER}/node_modules/.package-lock.json`)) return
  process.stderr.write('Installing the peers, once: npm ci --prefix bench/peers\n')
  const { status } = spawnSync(
    'npm',
    ['ci', '--prefix', FOLDER, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      stdio: ['ignore', 2, 2],
    },
  )
  if (status !== 0) throw new Error('The peers could not be installed: npm ci --prefix bench/peers')
}

/** Starts `bench/peers/<name>.mjs` on the same database, Redis and keys as ours. */
export async function startPeer(
  { servers, stack }: Bench,
  name: string,
  { database, env = {} }: { database: Database; env?: Record<string, string> },
): Promise<Peer> {
  installPeers()
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const running = await startNode({
    file: `bench/peers/${name}.mjs`,
    env: {
      NODE_ENV: 'production',
      PORT: `${port}`,
      DATABASE_URL: database.url,
      REDIS_URL: servers.redisUrl,
      CREDENTIALS: JSON.stringify(servers.credentials),
      ...env,
    },
    folder: servers.folder,
    readyUrl: `${url}/ready`,
  })
  stack.defer(() => running.stop())
  return { url, pid: running.pid }
}
