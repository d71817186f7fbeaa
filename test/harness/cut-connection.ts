import { connect, createServer, type Socket } from 'node:net'
import pino from 'pino'
import { openApp } from '../../src/app.ts'
import type { Deps } from '../../src/deps.ts'
import { expect, type TestApp } from './app.ts'
import { listen } from './listen.ts'

const IDLE = 'I'.charCodeAt(0)

/**
 * Where a connection breaks: before the database gets the nth statement, or after the nth commit, of a transaction or of
 * a statement alone, and before we hear of it.
 */
export interface Cut {
  kind: 'statement-lost' | 'commit-unheard'
  nth: number
}

export interface CutConnection {
  deps: Deps
  /** Breaks one connection, counting statements from now on, BEGIN and COMMIT included. */
  cut(cut: Cut): void
  /** Takes the cut back. @returns whether it happened. */
  mend(): boolean
  close(): Promise<void>
}

/** Another process of the app, whose way to the database can be cut at any statement. */
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
      // Small messages one by one: without this, each of them waits 40 ms for the other side's word.
      socket.setNoDelay().on('error', drop).on('close', drop)
    }
    let isGreeted = false
    const fromClient = messageReader({ startsUntyped: true }, (type, bytes) => {
      if ((type === 'Q' || type === 'P') && isCutBy('statement-lost')) drop()
      else upstream.write(bytes)
    })
    const fromServer = messageReader({ startsUntyped: false }, (type, bytes) => {
      // "Ready for query", and in no transaction: what was sent is committed.
      const isReady = type === 'Z' && bytes.at(-1) === IDLE
      if (isReady && isGreeted && isCutBy('commit-unheard')) return drop()
      isGreeted ||= isReady
      client.write(bytes)
    })
    client.on('data', fromClient)
    upstream.on('data', fromServer)
  })
  const port = await listen(server)

  const log = pino({ level: 'silent' })
  const config = { ...app.deps.config, databaseUrl: throughPort(app.databaseUrl, port), redisUrl: undefined }
  const connection = await openApp(config, { log, role: 'send' })
  return {
    deps: connection.deps,
    cut: (cut) => {
      armed = { ...cut }
      happened = false
    },
    mend: () => {
      armed = null
      return happened
    },
    close: async () => {
      await connection.close()
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

export interface Interruptible<Scene> {
  given(): Promise<Scene>
  run(deps: Deps, scene: Scene): Promise<unknown>
  /** What counts of the end, without what differs from scene to scene. */
  end(scene: Scene): Promise<unknown>
  /** Runs before the second run: moves times back that the second run would wait for. */
  between?(scene: Scene): Promise<unknown>
  /** What the second run may refuse because the first one had done it. */
  refusesRepeat?: (error: unknown) => boolean
  /** A loop's run may log what failed and go on: what it has to do is found again by the next one. */
  isLoop?: true
}

/**
 * Runs a piece of work again and again on fresh scenes, interrupted at every place where it can be, and once more after
 * each interruption; every end must be the end that it has undisturbed.
 *
 * @returns how many interruptions there were.
 */
export async function interruptEverywhere<Scene>(app: TestApp, work: Interruptible<Scene>): Promise<number> {
  const connection = await openCutConnection(app)
  try {
    const undisturbed = await work.given()
    await work.run(connection.deps, undisturbed)
    const expected = await work.end(undisturbed)
    let interruptions = 0
    for (const kind of ['statement-lost', 'commit-unheard'] as const) {
      for (let nth = 1; ; nth++) {
        const scene = await work.given()
        connection.cut({ kind, nth })
        const [first] = await Promise.allSettled([work.run(connection.deps, scene)])
        if (!connection.mend()) break
        interruptions += 1
        const point = `${kind} ${nth}`
        if (!work.isLoop) expect(first.status, `${point}, the call must not claim success`).toBe('rejected')
        await work.between?.(scene)
        await work.run(connection.deps, scene).catch((error: unknown) => {
          if (!work.refusesRepeat?.(error)) throw error
        })
        expect(await work.end(scene), point).toEqual(expected)
      }
    }
    return interruptions
  } finally {
    await connection.close()
  }
}

/** Takes connections to the server of a database, which may listen in a folder. */
export function addressOf(databaseUrl: string): () => Socket {
  const url = new URL(databaseUrl)
  const port = Number(url.port || 5432)
  const folder = url.searchParams.get('host')
  return folder ? () => connect(`${folder}/.s.PGSQL.${port}`) : () => connect(port, url.hostname)
}

/** The same database, by way of a port of this machine. */
export function throughPort(databaseUrl: string, port: number): string {
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`
  url.searchParams.delete('host')
  return url.href
}

/**
 * Splits what one side of a PostgreSQL connection says into messages.
 *
 * Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
function messageReader(
  { startsUntyped }: { startsUntyped: boolean },
  onMessage: (type: string, bytes: Buffer) => void,
): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0)
  let untyped = startsUntyped
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const typeBytes = untyped ? 0 : 1
      if (rest.length < typeBytes + 4) return
      const end = typeBytes + rest.readInt32BE(typeBytes)
      if (rest.length < end) return
      onMessage(untyped ? '' : String.fromCharCode(rest[0] ?? 0), rest.subarray(0, end))
      rest = rest.subarray(end)
      untyped = false
    }
  }
}
