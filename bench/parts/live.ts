import { setTimeout as sleep } from 'node:timers/promises'
import { residentKb } from '../cpu.ts'
import { accessToken, deploy, SESSION_SECRET } from '../deployment.ts'
import { type Filling, fillGuests, fillOrders, paymentSn, sessionId } from '../fill.ts'
import { startGenerator } from '../load/generator.ts'
import type { SocketsJob, SocketsResult } from '../load/sockets.ts'
import type { Transport, Watch } from '../load/watcher.ts'
import { noticesOf } from '../notices.ts'
import { type Bench, median, type Part, withOwnStack } from '../part.ts'
import { startPeer } from '../peers.ts'
import type { Database } from '../servers.ts'

const SOCKETS = 5_000
/** An event stream takes an HTTP connection and much more memory; so many say what each takes. */
const EVENT_STREAMS = 2_000
const TOGETHER = 64
const PUSHES = 100
/** What connecting leaves behind has been collected then. */
const REST_MS = 3_000
const FILLING: Filling = { homestays: 2_000, guests: SOCKETS }

interface Measured {
  connectsPerSecond: number
  kbEach: number
  pushMs: number
}

interface Server {
  url: string
  pid: number
}

/** Thousands of guests who watch a payment each, beside a server that does the same by `ws` and nothing else. */
export const live: Part = {
  name: 'live',
  about: `${SOCKETS} subscriptions: connecting, memory, and from notice to push`,
  rows: {
    push: {
      what: `notice to push, ${SOCKETS} sockets, p50`,
      unit: 'ms',
      beside: 'ws, one UPDATE and a publish',
      better: 'lower',
      goal: 1.3,
      floor: 2,
    },
    memory: {
      what: `RSS a subscription, ${SOCKETS} sockets`,
      unit: 'KB',
      beside: 'ws',
      judges: 'figure',
      better: 'lower',
      goal: 20,
      floor: 30,
    },
    events: {
      what: `RSS a subscription, ${EVENT_STREAMS} event streams`,
      unit: 'KB',
      judges: 'figure',
      better: 'lower',
      goal: 20,
      floor: 30,
    },
    connects: {
      what: 'connects, until the first state',
      unit: '/s',
      beside: 'ws',
      judges: 'figure',
      better: 'higher',
      goal: 1_000,
    },
  },
  open: async (bench) => {
    const count = Math.round(SOCKETS * bench.scale)
    const watches = await Promise.all(
      Array.from({ length: count }, async (_, index): Promise<Watch> => {
        return { sn: paymentSn(index + 1), token: await accessToken(sessionId(index + 1)) }
      }),
    )
    return async () => {
      const ours = await withOwnStack(bench, (own) => measure(own, 'graphql', watches))
      const raw = await withOwnStack(bench, (own) => measure(own, 'raw', watches))
      const events = await withOwnStack(bench, (own) => measure(own, 'sse', watches.slice(0, EVENT_STREAMS)))
      return {
        push: { ours: ours.pushMs, peer: raw.pushMs },
        memory: { ours: ours.kbEach, peer: raw.kbEach },
        events: { ours: events.kbEach },
        connects: { ours: ours.connectsPerSecond, peer: raw.connectsPerSecond },
      }
    }
  },
}

/** On servers of its own: memory is told by a process that has done nothing else. */
async function measure(bench: Bench, transport: Transport, watches: Watch[]): Promise<Measured> {
  const database = await bench.servers.createDatabase('bench_live')
  bench.stack.defer(() => database.client.end())
  await fillGuests(bench, database.client, FILLING)
  await fillOrders(bench, database.client, { from: 1, to: SOCKETS, ...FILLING, stage: 'tapped' })
  const { url, pid } = await startServer(bench, transport, database)
  const load = startGenerator<SocketsJob, SocketsResult>(bench.stack, 'sockets')
  // The code that serves a subscription is there before the memory is counted.
  const [warm, rest] = [watches.slice(0, 100), watches.slice(100)]
  await load.run({ kind: 'open', url, transport, watches: warm, together: TOGETHER })
  await sleep(REST_MS / 3)
  const before = residentKb(pid)
  const { perSecond } = await load.run({ kind: 'open', url, transport, watches: rest, together: TOGETHER })
  await sleep(REST_MS)
  const kbEach = (residentKb(pid) - before) / rest.length
  const requests = noticesOf(bench.servers.credentials, { from: 1, to: PUSHES, guests: FILLING.guests })
  const notices = requests.map((request, index) => ({ sn: paymentSn(index + 1), request }))
  const { latencies } = await load.run({ kind: 'push', url, notices })
  await load.run({ kind: 'close' })
  return { connectsPerSecond: perSecond, kbEach, pushMs: median(latencies) }
}

async function startServer(bench: Bench, transport: Transport, database: Database): Promise<Server> {
  if (transport === 'raw') return startPeer(bench, 'raw-sockets', { database, env: { SESSION_SECRET } })
  const { url, apiPid } = await deploy(bench, { database })
  return { url, pid: apiPid }
}
