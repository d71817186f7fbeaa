import { perOperation, withCpu } from '../cpu.ts'
import { accessToken, deploy, SESSION_SECRET } from '../deployment.ts'
import { type Filling, fillGuests, fillOrders, paymentSn, sessionId } from '../fill.ts'
import { startGenerator } from '../load/generator.ts'
import type { HttpJob, HttpResult } from '../load/http.ts'
import { statusRequest } from '../operations.ts'
import { createPace, type Part } from '../part.ts'
import { startPeer } from '../peers.ts'

const TOGETHER = 32
const ROUND_SECONDS = 3
const PAYMENTS = 1_000
const FILLING: Filling = { homestays: 100, guests: 500 }

/** What a client asks while it has no socket: the state of a payment that is paid. */
export const status: Part = {
  name: 'status',
  about: 'paymentStatus of paid payments',
  rows: {
    reads: {
      what: '`paymentStatus`, paid, 32 at once',
      unit: '/s',
      beside: 'Fastify and Mercurius with its JIT, the same session read and resolver',
      better: 'higher',
      goal: 1.5,
      floor: 1,
    },
  },
  open: async (bench) => {
    const database = await bench.servers.createDatabase('bench_status')
    bench.stack.defer(() => database.client.end())
    await fillGuests(bench, database.client, FILLING)
    await fillOrders(bench, database.client, { from: 1, to: PAYMENTS, ...FILLING, stage: 'done' })
    const deployment = await deploy(bench, { database })
    const peer = await startPeer(bench, 'mercurius-status', { database, env: { SESSION_SECRET } })
    const load = startGenerator<HttpJob, HttpResult>(bench.stack, 'http')
    const requests = await Promise.all(
      Array.from({ length: PAYMENTS }, async (_, index) => {
        const token = await accessToken(sessionId((index % FILLING.guests) + 1))
        return statusRequest(token, paymentSn(index + 1))
      }),
    )
    const paces = { ours: newPace(bench.scale), peer: newPace(bench.scale) }
    const read = async (url: string, pid: number, pace: ReturnType<typeof createPace>) => {
      const sent = Array.from({ length: pace.count() }, (_, index) => requests[index % PAYMENTS] ?? throwMissing())
      const { postgresql = [], redis = [] } = deployment.watched
      const { result, cpu } = await withCpu({ api: pid, postgresql, redis, load: load.pid }, () =>
        load.run({ url, connections: TOGETHER, requests: sent, expect: { status: 200, text: '"SUCCESS"' } }),
      )
      pace.observe(result.perSecond)
      return { perSecond: result.perSecond, cpu: perOperation(cpu, sent.length) }
    }
    const round = async () => {
      const ours = await read(deployment.url, deployment.apiPid, paces.ours)
      const theirs = await read(peer.url, peer.pid, paces.peer)
      return { reads: { ours: ours.perSecond, peer: theirs.perSecond, cpu: ours.cpu } }
    }
    await round()
    return round
  },
}

function newPace(scale: number) {
  return createPace(ROUND_SECONDS, { first: 1_000 * scale, most: 30_000 * scale })
}

function throwMissing(): never {
  throw new Error('unreachable')
}
