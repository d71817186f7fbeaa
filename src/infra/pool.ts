import type { Socket } from 'node:net'
import { type ClientBase, Pool, type PoolClient } from 'pg'
import type { Logger } from 'pino'

/** How long each part of using a connection may take, in ms. */
export interface Patience {
  /** For a connection: a free one, or a new one. */
  acquireMs: number
  /** For a lock, by the server's clock; as long as the statement where it isn't given. */
  lockMs?: number
  /** For a statement, by the server's clock. */
  statementMs: number
  /** For the server to say anything, by our clock; a little more than the statement. The connection then ends. */
  silenceMs: number
}

/** Whoever waits for a guest: they look at a spinner, and try again. */
export const GUEST_PATIENCE: Patience = { acquireMs: 2_000, statementMs: 7_000, silenceMs: 8_000 }

/** WeChat counts a notice as lost after 5 s: it is better to refuse it early, so that it comes again. */
export const NOTICE_PATIENCE: Patience = { acquireMs: 2_000, lockMs: 500, statementMs: 2_000, silenceMs: 2_500 }

/** Jobs, the queue, migrations, scripts: nobody waits for them. */
export const JOB_PATIENCE: Patience = { acquireMs: 5_000, statementMs: 30_000, silenceMs: 35_000 }

/**
 * What the server does about a process of ours that stopped, or vanished without a word: its open transaction, and so its
 * row locks, end after 15 s; a machine that is gone is noticed after a minute. In ms where a unit isn't given.
 */
const SERVER_SETTINGS = {
  // The adapter reads and writes instants without their zone: on a server set to Asia/Shanghai they would be 8 h off.
  TimeZone: 'UTC',
  idle_in_transaction_session_timeout: '15s',
  tcp_keepalives_idle: '30s',
  tcp_keepalives_interval: '10s',
  tcp_keepalives_count: '3',
  // Of no use but to be found again: no setting of a role or a database is called so.
  'looklook.session': 'kept',
}

export interface PoolInput {
  /** Connections held at most. They are opened on demand, and closed after 10 s without use. */
  size: number
  /** In `pg_stat_activity`. */
  name: string
  patience: Patience
  /** Whether a connection without use stays open, with what its session holds. */
  keepsIdle?: boolean
  /** Whether the URL leads to a pooler in transaction mode, which takes no start-up parameters and keeps no session. */
  isPooled?: boolean
  /** The idle clients of all pools to this server, where it has several: silence of one is taken for silence of all. */
  idle?: Set<PoolClient>
  /** Gets a line about each idle connection that breaks. */
  log?: Logger
}

/**
 * A pool of connections to PostgreSQL that survives whatever the server does. While it is unreachable queries fail within
 * seconds; one that falls silent is left after `silenceMs`, and so are all connections that might lead to the same place.
 */
export function openPool(url: string, input: PoolInput): Pool {
  const { size, name, patience, keepsIdle = false, isPooled = false, idle = new Set(), log } = input
  const pool = new Pool({
    ...(isPooled
      ? // oxlint-disable-next-line typescript/no-misused-promises -- pg-pool waits for it; the types don't say so
        { connectionString: url, onConnect: (client: ClientBase) => setTimeZone(client, patience) }
      : { connectionString: withSettings(url, patience) }),
    application_name: name,
    max: size,
    ...(keepsIdle && { idleTimeoutMillis: 0 }),
    connectionTimeoutMillis: patience.acquireMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
  })
  const onBroken = ({ code, message }: Error & { code?: string }) => {
    // A pool ends before its connections do: one that breaks in between is of no interest.
    if (pool.ending) return
    // Not the error itself: pg attaches the whole connection to it, with the key that cancels its queries.
    log?.warn({ error: { code, message } }, 'database connection broken, the next query opens another')
  }
  pool.on('error', onBroken)
  leaveSilentServer(pool, { silenceMs: patience.silenceMs, idle, onBroken })
  return pool
}

function withSettings(url: string, { lockMs, statementMs }: Patience): string {
  const settings = { ...SERVER_SETTINGS, statement_timeout: statementMs, ...(lockMs && { lock_timeout: lockMs }) }
  const changed = new URL(url)
  const ours = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`)
  changed.searchParams.set('options', [changed.searchParams.get('options') ?? [], ours].flat().join(' '))
  return changed.href
}

/**
 * PgBouncer carries the time zone over to whatever connection serves the client next; it does so with few settings. It also
 * lets clients in while PostgreSQL is away or silent, so this takes no longer than acquiring a connection may.
 */
async function setTimeZone(client: ClientBase, { acquireMs }: Patience): Promise<void> {
  // The types leave out what node-postgres reads from each query.
  await client.query({ text: `SET TimeZone = 'UTC'`, query_timeout: acquireMs } as { text: string })
}

interface Watch {
  silenceMs: number
  idle: Set<PoolClient>
  onBroken: (error: Error) => void
}

/**
 * Gives every client a listener for errors from its birth on, and ends those whose server is silent. node-postgres' own
 * `query_timeout` fails the query and leaves the connection in the pool, in a transaction above all.
 */
function leaveSilentServer(pool: Pool, { silenceMs, idle, onBroken }: Watch): void {
  pool.on('connect', (client) => {
    // Whoever uses it listens too, but later: between pg-pool's handing it out and that, an error would end the process.
    client.on('error', (error) => {
      // The pool tells of idle ones.
      if (!idle.has(client)) onBroken(error)
    })
    const { stream } = connectionOf(client)
    stream.setTimeout(silenceMs, () => {
      const before = stream.bytesRead
      // An answer may be waiting to be read, after a long time in which this process was busy or stopped.
      setImmediate(() => {
        if (idle.has(client) || stream.bytesRead !== before) return
        // Idle ones would keep the next queries waiting as long.
        for (const each of [client, ...idle]) connectionOf(each).stream.destroy(createSilenceError(silenceMs))
      })
    })
  })
  pool.on('acquire', (client) => idle.delete(client))
  pool.on('release', (_error, client) => idle.add(client))
  pool.on('remove', (client) => idle.delete(client))
}

/** False when a pooler, which keeps no session, has taken our settings for the session and dropped them. */
export async function keepsSession(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ kept: string | null }>(`SELECT current_setting('looklook.session', true) AS kept`)
  return rows[0]?.kept === SERVER_SETTINGS['looklook.session']
}

/** What becomes Prisma's P1008, "operation has timed out". */
function createSilenceError(silenceMs: number): Error {
  const message = `no answer from PostgreSQL within ${silenceMs / 1000} s`
  return Object.assign(new Error(message), { code: 'ETIMEDOUT', syscall: 'read', errno: -110 })
}

interface Connection {
  stream: Socket
  /** Tells of every error that the server reports. `routine` is the place in PostgreSQL's source. */
  on(event: 'errorMessage', listener: (error: { routine?: string }) => void): void
}

/** The types leave it out; pg-pool uses it too. */
export function connectionOf(client: PoolClient): Connection {
  return (client as PoolClient & { connection: Connection }).connection
}

/** An operation that didn't begin, because too many wait for the connections: nothing has happened in the database. */
export class BusyError extends Error {
  override readonly name = 'BusyError'
}

/** True when an operation didn't begin, because no connection was free in time: nothing has happened in the database. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof BusyError) return true
  return BUSY.test(error.message) || isBusy(error.cause)
}

// pg-pool's own words; PostgreSQL's 53300, and PgBouncer's words for the same; Prisma's P2028 of a transaction that could
// not begin (others with that code did begin).
const BUSY =
  /timeout exceeded when trying to connect|too many (clients|connections)|no more connections allowed|Unable to start a transaction/i
