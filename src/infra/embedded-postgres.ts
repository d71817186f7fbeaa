import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { Logger } from 'pino'
import { clearLeftover, clearSocket, isReady, isServing, stopPostmaster } from './embedded-postgres/postmaster.ts'
import { chooseRunAs, type RunAs } from './embedded-postgres/run-as.ts'
import { SetupError } from './setup-error.ts'

const USER = 'looklook'
const MAJOR_VERSION = '18'
const START_WITHIN_MS = 60_000

/** A socket's path may be 107 bytes long, and PostgreSQL appends a file name to the folder. */
const MAX_SOCKET_FOLDER_BYTES = 107 - '/.s.PGSQL.5432.lock'.length

export interface EmbeddedPostgres {
  /** For libpq, `pg` and Prisma alike. */
  url: string
  /** Stops the server and ends all its connections; safe to call twice. */
  stop(): Promise<void>
  /** Stops it without waiting; the next start recovers from the write-ahead log. */
  kill(): void
}

interface Layout {
  programs: { initdb: string; postgres: string }
  /** PostgreSQL's own folder. */
  cluster: string
  socketFolder: string
  logFile: string
  runAs: RunAs
}

/**
 * Starts a PostgreSQL server with its files in `dataDir`/postgres, on a Unix socket that only this user can reach. It
 * runs outside our process group, so that Ctrl-C stops us first. A server that a killed process left behind is stopped
 * before. Only one process at a time may call this for a folder: lock it by `openDataDir`, or use a folder of your own.
 *
 * @throws {SetupError} when it can't run here, saying what to do.
 */
export async function startEmbeddedPostgres({
  dataDir,
  log,
}: {
  dataDir: string
  log: Logger
}): Promise<EmbeddedPostgres> {
  const layout = prepare(resolve(dataDir))
  await clearLeftover(layout.cluster, log)
  clearSocket(layout.socketFolder)
  if (!existsSync(layout.cluster)) await createCluster(layout)
  let server = await startServer(layout)
  let stopping: Promise<void> | undefined

  const keepAlive = (child: ChildProcess) =>
    child.once('exit', (code, signal) => {
      if (stopping) return
      log.error({ code, signal, logFile: layout.logFile }, 'embedded PostgreSQL exited, restarting it')
      restart().catch((error: unknown) => log.fatal({ err: error }, 'embedded PostgreSQL restart failed'))
    })
  const restart = async () => {
    server = await startServer(layout)
    keepAlive(server)
  }
  keepAlive(server)

  await createDatabase(urlOf(layout, 'postgres'))
  return {
    url: urlOf(layout, USER),
    stop: () => (stopping ??= stopServer(server)),
    kill: () => {
      stopping ??= Promise.resolve()
      server.kill('SIGQUIT')
    },
  }
}

/** The URL of the server that runs on a data folder, by whomever it was started; undefined while none accepts connections. */
export function findEmbeddedPostgres(dataDir: string): string | undefined {
  const path = resolve(dataDir)
  return isServing(clusterIn(path)) ? urlOf({ socketFolder: socketFolderOf(path) }, USER) : undefined
}

/** Whether a data folder has a database already, running or not. */
export function hasEmbeddedPostgres(dataDir: string): boolean {
  return existsSync(clusterIn(resolve(dataDir)))
}

function urlOf({ socketFolder }: Pick<Layout, 'socketFolder'>, database: string): string {
  return `postgresql://${USER}@localhost/${database}?host=${encodeURIComponent(socketFolder)}`
}

function clusterIn(dataDir: string): string {
  return join(dataDir, 'postgres')
}

function socketFolderOf(dataDir: string): string {
  const beside = join(dataDir, 'socket')
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  return Buffer.byteLength(beside) <= MAX_SOCKET_FOLDER_BYTES ? beside : `/tmp/looklook-${hash}`
}

function prepare(dataDir: string): Layout {
  const programs = findPrograms()
  mkdirSync(dataDir, { recursive: true })
  const cluster = clusterIn(dataDir)
  const runAs = chooseRunAs({ program: programs.postgres, cluster })
  const socketFolder = socketFolderOf(dataDir)
  mkdirSync(socketFolder, { recursive: true, mode: 0o700 })
  runAs.own(socketFolder)
  return { programs, cluster, socketFolder, logFile: join(dataDir, 'postgres.log'), runAs }
}

/** In the npm package for this platform. Its main module isn't loaded, since that would install exit handlers. */
function findPrograms(): Layout['programs'] {
  const platform = `${process.platform}-${process.arch}`
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    const bin = join(dirname(require.resolve(`@embedded-postgres/${platform}`)), '..', 'native', 'bin')
    return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') }
  } catch (error) {
    throw new SetupError(
      `There is no embedded PostgreSQL for ${platform} in node_modules: run npm ci with what is optional and for development, or set DATABASE_URL.`,
      { cause: error },
    )
  }
}

/** Created under another name and renamed when complete, so that a kill leaves no partial cluster. */
async function createCluster({ programs, cluster, runAs, logFile }: Layout): Promise<void> {
  const unfinished = `${cluster}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { mode: 0o700 })
  runAs.own(unfinished)
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const args = ['-D', unfinished, '-U', USER, '--auth=trust', ...locale]
  const code = await new Promise<number | null>((done, failed) => {
    const child = run(programs.initdb, args, runAs, logFile)
    child.once('error', failed)
    child.once('exit', done)
  })
  if (code !== 0) throw new SetupError(`PostgreSQL's initdb failed: ${lastLines(logFile)}`)
  renameSync(unfinished, cluster)
}

async function startServer(layout: Layout): Promise<ChildProcess> {
  const { programs, cluster, socketFolder, runAs, logFile } = layout
  const version = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim()
  if (version !== MAJOR_VERSION) {
    throw new SetupError(
      `${cluster} was made by PostgreSQL ${version}, and this is ${MAJOR_VERSION}: move the data with pg_dump, or set DATA_DIR to another folder.`,
    )
  }
  const settings = {
    listen_addresses: '',
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
    max_connections: '200',
    timezone: 'UTC',
  }
  const args = ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const deadline = performance.now() + START_WITHIN_MS
  for (;;) {
    const server = run(programs.postgres, args, runAs, logFile)
    server.unref()
    if (await becomesReady(server, cluster, deadline)) return server
    // The backends of a killed server may live a moment longer, and keep its shared memory.
    const transient = /still in use|is another postmaster/.test(lastLines(logFile))
    if (!transient || performance.now() > deadline) {
      throw new SetupError(`The embedded PostgreSQL doesn't start (all of it in ${logFile}): ${lastLines(logFile)}`)
    }
    await sleep(200)
  }
}

async function becomesReady(server: ChildProcess, cluster: string, deadline: number): Promise<boolean> {
  let failure: Error | undefined
  server.once('error', (error) => (failure = error))
  while (performance.now() < deadline) {
    if (failure) throw failure
    if (server.exitCode !== null || server.signalCode !== null) return false
    if (server.pid !== undefined && isReady(cluster, server.pid)) return true
    await sleep(20)
  }
  return false
}

async function stopServer(server: ChildProcess): Promise<void> {
  const hasEnded = () => server.exitCode !== null || server.signalCode !== null
  if (!hasEnded() && server.pid !== undefined) await stopPostmaster(server.pid, hasEnded)
}

/** Detached, with its output in a file: a pipe would break when we are killed. */
function run(program: string, args: string[], { uid, gid, prefix }: RunAs, logFile: string): ChildProcess {
  const output = openSync(logFile, 'w', 0o600)
  const [command = '', ...rest] = [...prefix, program, ...args]
  try {
    return spawn(command, rest, {
      uid,
      gid,
      cwd: '/',
      detached: true,
      stdio: ['ignore', output, output],
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    })
  } finally {
    closeSync(output)
  }
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n').slice(-4).join(' | ')
}

async function createDatabase(adminUrl: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl })
  await client.connect()
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [USER])
    if (rowCount === 0) await client.query(`CREATE DATABASE ${USER}`)
  } finally {
    await client.end()
  }
}
