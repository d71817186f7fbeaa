import { createServer, type Socket } from 'node:net'
import pino from 'pino'
import { assembleApp } from '../../src/app.ts'
import type { Deps } from '../../src/deps.ts'
import { expect, type TestApp } from './app.ts'
import { openDatabases } from './connections.ts'
import { listen } from './listen.ts'
import { addressOf, messageReader, throughPort } from './postgres-messages.ts'

const IDLE = 'I'.charCodeAt(0)

/**
 * Where a connection breaks: before the nth statement reaches the database, or after the nth commit, before its
 * confirmation reaches us. A statement outside a transaction commits too.
 */
interface Cut {
  kind: 'statement-lost' | 'commit-unconfirmed'
  nth: number
}

export interface CutConnection {
  deps: Deps
  /** Breaks one connection, once: statements are counted from this call on, BEGIN and COMMIT included. */
  cut(cut: Cut): void
  /** Withdraws the cut. @returns whether it had happened. */
  disarm(): boolean
  close(): Promise<void>
}

/** Another instance of the app, whose connection to the database can be cut at any statement. */
export async function openCutConnection(app: TestApp): Promise<CutConnection> {
  let armed: Cut | null = null
  let happened = false
  const upstreamOf = addressOf(app.databaseUrl)
  const sockets = new Set<Socket>()
  const isCutBy = (kind: Cut['kind']) => {
    if (armed?.kind !== kind) return false
    armed.nth -= 1
    if (armed.nth > 0) return false
    armed = null
    happened = true
    return true
  }
  const server = createServer((client) => {
    const upstream = upstreamOf()
    const drop = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      // Without this, each small message waits 40 ms for the other side's acknowledgement.
      socket.setNoDelay().on('error', drop).on('close', drop)
    }
    let isGreeted = false
    const fromClient = messageReader({ startsUntyped: true }, (type, bytes) => {
      // Each statement is one simple query, or one bind: what is prepared is parsed once, and executed often.
      if ((type === 'Q' || type === 'B') && isCutBy('statement-lost')) drop()
      else upstream.write(bytes)
    })
    const fromServer = messageReader({ startsUntyped: false }, (type, bytes) => {
      // "Ready for query", and in no transaction: what was sent is committed.
      const isReady = type === 'Z' && bytes.at(-1) === IDLE
      if (isReady && isGreeted && isCutBy('commit-unconfirmed')) return drop()
      isGreeted ||= isReady
      client.write(bytes)
    })
    client.on('data', fromClient)
    upstream.on('data', fromServer)
  })
  const port = await listen(server)

  const log = pino({ level: 'silent' })
  const { databases, close } = openDatabases(throughPort(app.databaseUrl, port), log)
  // The app's queue, and its connections for calls: heartbeats and calls go on their own time, and the cut would hit them.
  const { queue, db: callDb } = app.deps
  const connection = assembleApp(app.deps.config, { log, ...databases, callDb, queue, databaseId: '' })
  return {
    deps: connection.deps,
    cut: (cut) => {
      armed = { ...cut }
      happened = false
    },
    disarm: () => {
      armed = null
      return happened
    },
    close: async () => {
      await connection.close()
      await close()
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

export interface Interruptible<Fixture> {
  /** Creates a fresh fixture for each interruption. */
  given(): Promise<Fixture>
  run(deps: Deps, fixture: Fixture): Promise<unknown>
  /** The final state to compare, without what differs from fixture to fixture. */
  end(fixture: Fixture): Promise<unknown>
  /** Runs before the second run, to move back the times that the second run would wait for. */
  between?(fixture: Fixture): Promise<unknown>
  /** True for the refusal that the second run may get because the first one had succeeded. */
  refusesRepeat?: (error: unknown) => boolean
  /** A loop may log a failure and resolve: its next run finds the work again. */
  isLoop?: true
}

/**
 * Runs a piece of work on fresh fixtures, interrupted once at every possible place, and runs it again after each
 * interruption. Every final state must equal that of an uninterrupted run.
 *
 * @returns how many interruptions there were.
 */
export async function interruptEverywhere<Fixture>(app: TestApp, work: Interruptible<Fixture>): Promise<number> {
  const connection = await openCutConnection(app)
  try {
    const uninterrupted = await work.given()
    await work.run(connection.deps, uninterrupted)
    const expected = await work.end(uninterrupted)
    let interruptions = 0
    for (const kind of ['statement-lost', 'commit-unconfirmed'] as const) {
      for (let nth = 1; ; nth++) {
        const fixture = await work.given()
        connection.cut({ kind, nth })
        const [first] = await Promise.allSettled([work.run(connection.deps, fixture)])
        if (!connection.disarm()) break
        interruptions += 1
        const point = `${kind} ${nth}`
        if (!work.isLoop) expect(first.status, `${point}, the call must not claim success`).toBe('rejected')
        await work.between?.(fixture)
        await work.run(connection.deps, fixture).catch((error: unknown) => {
          if (!work.refusesRepeat?.(error)) throw error
        })
        expect(await work.end(fixture), point).toEqual(expected)
      }
    }
    return interruptions
  } finally {
    await connection.close()
  }
}
