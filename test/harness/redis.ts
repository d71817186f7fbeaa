import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { Redis } from 'ioredis'

export interface RedisServer {
  url: string
  /** Freezes it by SIGSTOP: its connections stay open and get no answer. SIGCONT lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  stop(): Promise<void>
}

/** A redis-server of one's own on a free port, keeping nothing; null where none is installed. */
export async function startRedis(port?: number): Promise<RedisServer | null> {
  const chosen = port ?? (await freePort())
  const args = ['--port', `${chosen}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', args, { stdio: 'ignore' })
  const missing = await new Promise<boolean>((resolve) => {
    child.once('spawn', () => resolve(false))
    child.once('error', () => resolve(true))
  })
  if (missing) return null

  const url = `redis://127.0.0.1:${chosen}`
  const probe = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: null })
  probe.on('error', () => {})
  await probe.ping()
  probe.disconnect()
  return {
    url,
    signal: (signal) => void child.kill(signal),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        if (!child.kill('SIGKILL')) resolve()
      }),
  }
}

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  if (address === null || typeof address === 'string') throw new Error('no port could be had')
  return address.port
}
