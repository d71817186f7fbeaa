import { spawn } from 'node:child_process'
import { chownSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { listen } from './listen.ts'
import { addressOf } from './postgres-messages.ts'
import { hasProgram } from './programs.ts'
import { freePort } from './redis.ts'
import { makeScratch } from './scratch.ts'

// Debian's package puts it where only root looks.
const PATH = `${process.env['PATH']}:/usr/sbin`

export const hasPgbouncer = hasProgram('pgbouncer', { path: PATH, without: 'the tests that need it are skipped' })

/**
 * The URL of the same database behind a real PgBouncer in transaction mode, with few connections so that clients have to
 * share them; it ends with the test.
 *
 * @param settings further lines of its configuration.
 */
export async function throughPgbouncer(databaseUrl: string, settings: string[] = []): Promise<string> {
  const url = new URL(databaseUrl)
  // pgbouncer refuses to run as root, and nobody else may enter the folder of the server's socket.
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const folder = await makeScratch('looklook-pgbouncer-')
  const file = join(folder, 'pgbouncer.ini')
  const port = await freePort()
  const password = url.password && ` password=${url.password}`
  const target = `host=127.0.0.1 port=${await relayTo(databaseUrl)} user=${url.username}${password}`
  const common = ['listen_addr = 127.0.0.1', `listen_port = ${port}`, 'unix_socket_dir =', 'auth_type = any']
  const mode = ['pool_mode = transaction', 'default_pool_size = 3', 'max_client_conn = 200']
  writeFileSync(file, ['[databases]', `* = ${target}`, '[pgbouncer]', ...common, ...mode, ...settings].join('\n'))
  if (user.uid !== undefined) for (const path of [folder, file]) chownSync(path, user.uid, user.gid)
  const child = spawn('pgbouncer', ['-q', file], { ...user, env: { PATH }, stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true })
  })
  await expect.poll(() => isListening(port)).toBe(true)
  url.host = `127.0.0.1:${port}`
  url.searchParams.delete('host')
  return url.href
}

/** @returns a port of this machine that leads to the database's server. */
async function relayTo(databaseUrl: string): Promise<number> {
  const upstreamOf = addressOf(databaseUrl)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = upstreamOf()
    for (const [from, to] of [[client, upstream] as const, [upstream, client] as const]) {
      sockets.add(from.setNoDelay())
      from.on('error', () => to.destroy()).on('close', () => to.destroy())
      from.pipe(to)
    }
  })
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return listen(server)
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    return await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
  } finally {
    socket.destroy()
  }
}
