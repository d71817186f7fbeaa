import pino from 'pino'
import { openApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import type { Deps } from '../../src/deps.ts'
import { deliverDue } from '../../src/notification/deliver.ts'
import { createCloseLoop } from '../../src/order/cancel.ts'
import { expireOrders } from '../../src/order/expire.ts'
import { requeueShipping } from '../../src/order/shipping.ts'
import { createRecheckLoop } from '../../src/payment/attempt/recheck.ts'
import { applyNew } from '../../src/payment/outbox/apply-new.ts'
import { createRefundLoop } from '../../src/payment/refund/advance.ts'
import { createOverdueAlerts } from '../../src/payment/review/alert-overdue.ts'
import { finishDecisions } from '../../src/payment/review/decide.ts'
import { deleteEndedSessions } from '../../src/user/delete-sessions.ts'
import { accessToken, type Deployment, deploy } from '../deployment.ts'
import { type Filling, fillGuests, fillOrders, paymentSn, sessionId } from '../fill.ts'
import { type Generator, startGenerator } from '../load/generator.ts'
import type { HttpJob, HttpResult } from '../load/http.ts'
import { noticesOf } from '../notices.ts'
import { ordersRequest, statusRequest } from '../operations.ts'
import { type Bench, median, type Part, type Row } from '../part.ts'

const FEW_PAYMENTS = 10_000
const CALLS = 200
const LOOP_RUNS = 5

const flat = (what: string): Row => ({
  what,
  unit: 'ms',
  beside: `${FEW_PAYMENTS} payments`,
  better: 'lower',
  goal: 1.1,
})

/** A database with years in it, beside a young one: nothing that happens every day may cost more. */
export const growth: Part = {
  name: 'growth',
  about: 'the same with 10,000 payments and with a million, or as many as --payments says',
  rows: {
    notice: flat('a notice, with many payments'),
    status: flat('`paymentStatus`, with many payments'),
    page: flat('a page of orders, with many payments'),
    loops: flat('one run of every loop that finds nothing, with many payments'),
  },
  open: async (bench) => {
    const load = startGenerator<HttpJob, HttpResult>(bench.stack, 'http')
    const few = await open(bench, load, { name: 'bench_few', payments: FEW_PAYMENTS })
    const many = await open(bench, load, { name: 'bench_many', payments: bench.manyPayments })
    const both = async (measure: (of: Measures) => Promise<number>) => {
      const peer = await measure(few)
      return { ours: await measure(many), peer }
    }
    const round = async () => ({
      notice: await both((of) => of.notice()),
      status: await both((of) => of.status()),
      page: await both((of) => of.page()),
      loops: await both((of) => of.loops()),
    })
    await round()
    return round
  },
}

/** Each in ms, one at a time, p50. */
type Measures = Record<'notice' | 'status' | 'page' | 'loops', () => Promise<number>>

async function open(
  bench: Bench,
  load: Generator<HttpJob, HttpResult>,
  { name, payments }: { name: string; payments: number },
): Promise<Measures> {
  const { servers, stack } = bench
  const database = await servers.createDatabase(name)
  stack.defer(() => database.client.end())
  // Ten orders a guest, and nights for all of them.
  const filling: Filling = { homestays: Math.max(20, payments / 500), guests: payments / 10 }
  await fillGuests(bench, database.client, filling)
  await fillOrders(bench, database.client, { from: 1, to: payments, ...filling, stage: 'done' })
  const deployment = await deploy(bench, { database })
  let next = payments + 1
  const send = async (requests: HttpJob['requests'], expect: HttpJob['expect']) => {
    const { p50 } = await load.run({ url: deployment.url, connections: 1, requests, expect })
    return p50
  }
  const spread = <Item>(make: (number: number) => Promise<Item>) =>
    Promise.all(Array.from({ length: CALLS }, (_, index) => make(1 + Math.floor((index * payments) / CALLS))))
  const tokenOf = (number: number) => accessToken(sessionId(((number - 1) % filling.guests) + 1))
  const loops = await openLoops(bench, deployment)
  return {
    notice: async () => {
      const range = { from: next, to: next + CALLS - 1 }
      next += CALLS
      await fillOrders(bench, database.client, { ...range, ...filling, stage: 'tapped' })
      const sent = await send(noticesOf(servers.credentials, { ...range, guests: filling.guests }), { status: 204 })
      await database.client.query(CALL_APPLIED)
      return sent
    },
    status: async () => {
      const requests = await spread(async (number) => statusRequest(await tokenOf(number), paymentSn(number)))
      return send(requests, { status: 200, text: '"SUCCESS"' })
    },
    page: async () => {
      const requests = await spread(async (number) => ordersRequest(await tokenOf(number)))
      return send(requests, { status: 200, text: '"EXPIRED"' })
    },
    loops,
  }
}

/** So that the loops find nothing to do. */
const CALL_APPLIED = `
  UPDATE payment SET "queuedVersion" = version, "appliedVersion" = version WHERE version > "queuedVersion"`

/** The loops of a worker, run here by themselves. @returns what runs each of them, and adds up the medians in ms. */
async function openLoops({ servers, stack }: Bench, { settings }: Deployment): Promise<() => Promise<number>> {
  const config = loadConfig({ ...settings, REDIS_URL: servers.redisUrl }, 'worker')
  const app = await openApp(config, { log: pino({ level: 'error' }), role: 'send' })
  stack.defer(() => app.close())
  const loops = loopsOf(app.workerDeps)
  return async () => {
    const medians: number[] = []
    for (const loop of loops) {
      const times: number[] = []
      for (let run = 0; run < LOOP_RUNS; run++) {
        const startedAt = performance.now()
        await loop()
        times.push(performance.now() - startedAt)
      }
      medians.push(median(times))
    }
    return medians.reduce((sum, ms) => sum + ms, 0)
  }
}

function loopsOf(deps: Deps): (() => Promise<unknown>)[] {
  return [
    () => applyNew(deps),
    createRefundLoop(deps),
    createRecheckLoop(deps),
    createCloseLoop(deps),
    () => finishDecisions(deps),
    createOverdueAlerts(deps),
    () => deliverDue(deps),
    () => expireOrders(deps),
    () => deleteEndedSessions(deps),
    () => requeueShipping(deps),
  ]
}
