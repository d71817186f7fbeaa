import { perOperation, withCpu } from '../cpu.ts'
import { type Deployment, deploy } from '../deployment.ts'
import { type Filling, fillGuests, fillOrders } from '../fill.ts'
import { type Generator, startGenerator } from '../load/generator.ts'
import type { HttpJob, HttpResult } from '../load/http.ts'
import { noticesOf } from '../notices.ts'
import { type Bench, createPace, type Part, type Samples } from '../part.ts'
import { type Peer, startPeer } from '../peers.ts'
import { pgbench } from '../pgbench.ts'

const TOGETHER = 32
const PGBENCH_CLIENTS = 16
const ROUND_SECONDS = 2
const ALONE = 200
const FILLING: Filling = { homestays: 2_000, guests: 100 }

interface Range {
  from: number
  to: number
}

interface Setup {
  bench: Bench
  deployment: Deployment
  load: Generator<HttpJob, HttpResult>
  /** PENDING payments that no notice has named yet. */
  take(count: number): Promise<Range>
}

/** Notices over HTTP, beside what PostgreSQL alone, a handler as users write it, and the bare necessities take. */
export const notices: Part = {
  name: 'notices',
  about: 'WeChat’s notices: rate, CPU, and one at a time',
  rows: {
    pgbench: {
      what: 'notices, 32 at once',
      unit: '/s',
      beside: 'pgbench, the same rows, 16 clients, prepared',
      better: 'higher',
      goal: 0.8,
      floor: 0.5,
    },
    express: {
      what: 'notices, 32 at once',
      unit: '/s',
      beside: 'Express, wechatpay-node-v3, Prisma read and write, BullMQ',
      better: 'higher',
      goal: 12,
      floor: 6,
    },
    cpu: {
      what: 'CPU a notice, API',
      unit: 'ms',
      beside: 'node:http, verify, decrypt and publish alone',
      better: 'lower',
      goal: 1.4,
      floor: 2.5,
    },
    postgres: {
      what: 'CPU a notice, PostgreSQL',
      unit: 'ms',
      beside: 'pgbench, a transaction',
      better: 'lower',
    },
    alone: { what: 'one notice at a time, p50', unit: 'ms', beside: 'pgbench, one client', better: 'lower', goal: 2 },
  },
  open: async (bench) => {
    const setup = await prepare(bench)
    const { database } = setup.deployment
    const express = await startPeer(bench, 'express-notices', { database })
    const bare = await startPeer(bench, 'bare-notices', { database })
    const [ours, theirs, least, plain] = [300, 300, 1_000, 3_200].map((first) =>
      createPace(ROUND_SECONDS, { first: first * bench.scale, most: 6_000 * bench.scale }),
    )
    if (!ours || !theirs || !least || !plain) throw new Error('unreachable')
    const round = async (): Promise<Samples> => {
      const measured = await send(setup, setup.deployment.url, { api: setup.deployment.apiPid }, ours.count())
      const limit = await runPgbench(setup, plain.count(), PGBENCH_CLIENTS)
      const handler = await send(setup, express.url, { api: express.pid }, theirs.count())
      const minimum = await send(setup, bare.url, { api: bare.pid }, least.count())
      ours.observe(measured.perSecond)
      plain.observe(limit.perSecond)
      theirs.observe(handler.perSecond)
      least.observe(minimum.perSecond)
      const alone = await sendOneByOne(setup)
      return {
        pgbench: { ours: measured.perSecond, peer: limit.perSecond, cpu: measured.cpu },
        express: { ours: measured.perSecond, peer: handler.perSecond, cpu: measured.cpu },
        cpu: { ours: measured.cpu['api'] ?? 0, peer: minimum.cpu['api'] ?? 0 },
        postgres: { ours: measured.cpu['postgresql'] ?? 0, peer: limit.cpu },
        alone,
      }
    }
    // The first is short; after the second, with as many as the others have, everybody's code is compiled.
    await round()
    await round()
    return round
  },
}

async function prepare(bench: Bench): Promise<Setup> {
  const database = await bench.servers.createDatabase('bench_notices')
  bench.stack.defer(() => database.client.end())
  await fillGuests(bench, database.client, FILLING)
  const deployment = await deploy(bench, { database })
  let next = 1
  return {
    bench,
    deployment,
    load: startGenerator(bench.stack, 'http'),
    take: async (count) => {
      const range = { from: next, to: next + count - 1 }
      next += count
      await fillOrders(bench, database.client, { ...range, ...FILLING, stage: 'tapped' })
      return range
    },
  }
}

/** Sends so many notices to `url`; with the CPU of each of them, by process. */
async function send(
  { bench, deployment, load, take }: Setup,
  url: string,
  handler: { api: Peer['pid'] },
  count: number,
): Promise<{ perSecond: number; cpu: Record<string, number> }> {
  const requests = noticesOf(bench.servers.credentials, { ...(await take(count)), guests: FILLING.guests })
  const { postgresql = [], redis = [] } = deployment.watched
  const { result, cpu } = await withCpu({ ...handler, postgresql, redis, load: load.pid }, () =>
    load.run({ url, connections: TOGETHER, requests, expect: { status: 204 } }),
  )
  return { perSecond: result.perSecond, cpu: perOperation(cpu, count) }
}

async function runPgbench({ deployment, take }: Setup, count: number, clients: number) {
  const range = await take(count)
  const { postgresql = [] } = deployment.watched
  const { result, cpu } = await withCpu({ postgresql }, () => pgbench(deployment.database, { ...range, clients }))
  return { ...result, cpu: (cpu['postgresql'] ?? 0) / count }
}

async function sendOneByOne(setup: Setup): Promise<Samples[string]> {
  const { bench, deployment, load, take } = setup
  const requests = noticesOf(bench.servers.credentials, { ...(await take(ALONE)), guests: FILLING.guests })
  const ours = await load.run({ url: deployment.url, connections: 1, requests, expect: { status: 204 } })
  const peer = await runPgbench(setup, ALONE, 1)
  return { ours: ours.p50, peer: peer.p50, note: `p99 ${ours.p99.toFixed(1)} ms` }
}
