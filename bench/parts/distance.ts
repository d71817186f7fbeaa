import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { type DistantDatabase, openDistantDatabase } from '../../test/harness/distant-database.ts'
import { accessToken, deploy } from '../deployment.ts'
import { type Filling, fillGuests, fillOrders, ORDER_TOTAL, openidOf, orderSn, sessionId } from '../fill.ts'
import { type Connection, encodeRequest, openConnection } from '../load/connection.ts'
import { createNotices, type HttpRequest } from '../notices.ts'
import { statusRequest, tapRequest } from '../operations.ts'
import { type Bench, median, type Part, type Row } from '../part.ts'

const PAYMENTS = 15
const DELAY_MS = 1
const IDLE_MS = 2_000
const FILLING: Filling = { homestays: 2_000, guests: 200 }

const count = (what: string): Row => ({ what, unit: '', better: 'lower' })

/** A database a millisecond away: what costs a payment there is how often the database is asked. */
export const distance: Part = {
  name: 'distance',
  about: 'round trips to PostgreSQL, and a payment with PostgreSQL a millisecond away',
  rows: {
    all: { what: 'round trips a payment, from the tap to WAIT_USE and told', unit: '', better: 'lower', goal: 20 },
    tap: count('– of these `wxPay`'),
    notice: count('– of these the notice'),
    worker: count('– of these relay, apply and messages, by a worker, less what an idle one asks'),
    tapAgain: count('round trips of a second tap'),
    status: count('round trips of `paymentStatus`, paid'),
    time: {
      what: `from the tap to WAIT_USE and told, PostgreSQL ${DELAY_MS} ms away, p50`,
      unit: 'ms',
      better: 'lower',
    },
  },
  open: async (bench) => {
    const setup = await prepare(bench)
    await setup.pay()
    return async () => {
      const idle = await idleRate(setup.worker)
      const paid: Paid[] = []
      for (let times = 0; times < PAYMENTS; times++) paid.push(await setup.pay())
      const of = (key: keyof Paid) => median(paid.map((each) => each[key]))
      // What the loops ask meanwhile isn't the payments' own.
      const worker = Math.max(0, mean(paid.map((each) => each.worker - idle * each.workerSeconds)))
      return {
        all: { ours: of('tap') + of('notice') + worker },
        tap: { ours: of('tap') },
        notice: { ours: of('notice') },
        worker: { ours: worker, note: `idle: ${idle.toFixed(1)}/s` },
        tapAgain: { ours: of('tapAgain') },
        status: { ours: of('status') },
        time: { ours: of('ms') },
      }
    }
  },
}

/** Round trips of each step; the worker's with how long they were counted. */
interface Paid {
  tap: number
  tapAgain: number
  notice: number
  status: number
  worker: number
  workerSeconds: number
  /** Without the second tap. */
  ms: number
}

interface Setup {
  worker: DistantDatabase
  pay(): Promise<Paid>
}

async function prepare(bench: Bench): Promise<Setup> {
  const { servers, stack } = bench
  const database = await servers.createDatabase('bench_distance')
  stack.defer(() => database.client.end())
  await fillGuests(bench, database.client, FILLING)
  await fillOrders(bench, database.client, { from: 1, to: 1_000, ...FILLING, stage: 'booked' })
  const [api, worker] = await Promise.all([1, 2].map(() => openDistantDatabase(database.url, { delayMs: DELAY_MS })))
  if (!api || !worker) throw new Error('unreachable')
  for (const proxy of [api, worker]) stack.defer(() => proxy.close())
  const { url } = await deploy(bench, { database, workers: 1, through: { api: api.url, worker: worker.url } })
  const connection = await openConnection(url)
  stack.defer(() => connection.close())
  const notice = createNotices(servers.credentials)
  let number = 0
  return {
    worker,
    pay: async () => {
      number += 1
      const guest = ((number - 1) % FILLING.guests) + 1
      const token = await accessToken(sessionId(guest))
      const paid = { openid: openidOf(guest), totalFen: ORDER_TOTAL }
      const makeNotice = (outTradeNo: string) => notice({ outTradeNo, ...paid })
      return payOnce({ url, connection, api, worker, client: database.client, token, sn: orderSn(number), makeNotice })
    },
  }
}

interface Purchase {
  url: string
  connection: Connection
  api: DistantDatabase
  worker: DistantDatabase
  client: Client
  token: string
  sn: string
  makeNotice(outTradeNo: string): HttpRequest
}

async function payOnce({ url, connection, api, worker, client, token, sn, makeNotice }: Purchase): Promise<Paid> {
  /** @returns the answer, the API's round trips, and how long it took. */
  const send = async (request: HttpRequest) => {
    const [before, startedAt] = [api.roundTrips(), performance.now()]
    const { body } = await connection.send(encodeRequest(url, request))
    return { body, trips: api.roundTrips() - before, ms: performance.now() - startedAt }
  }
  const tap = await send(tapRequest(token, sn))
  const outTradeNo = /"paymentSn":"([^"]+)"/.exec(tap.body)?.[1]
  if (outTradeNo === undefined) throw new Error(`a tap got ${tap.body}`)
  const tapAgain = await send(tapRequest(token, sn))
  const [workerBefore, startedAt] = [worker.roundTrips(), performance.now()]
  const notice = await send(makeNotice(outTradeNo))
  await untilTold(client, sn)
  const [workerTrips, ms] = [worker.roundTrips() - workerBefore, performance.now() - startedAt]
  const status = await send(statusRequest(token, outTradeNo))
  return {
    tap: tap.trips,
    tapAgain: tapAgain.trips,
    notice: notice.trips,
    status: status.trips,
    worker: workerTrips,
    workerSeconds: ms / 1000,
    ms: tap.ms + ms,
  }
}

async function untilTold(client: Client, sn: string): Promise<void> {
  for (let tries = 0; tries < 5_000; tries++) {
    const { rows } = await client.query(
      `SELECT 1 FROM homestay_order o JOIN message m ON m."orderSn" = o.sn
       WHERE o.sn = $1 AND o."tradeState" = 'WAIT_USE' AND m.kind = 'ORDER_PAID' AND m.status = 'SENT'`,
      [sn],
    )
    if (rows.length > 0) return
    await sleep(2)
  }
  throw new Error(`order ${sn} isn't told`)
}

/** What a worker with nothing to do asks, in round trips a second. */
async function idleRate(worker: DistantDatabase): Promise<number> {
  const before = worker.roundTrips()
  await sleep(IDLE_MS)
  return ((worker.roundTrips() - before) * 1000) / IDLE_MS
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
