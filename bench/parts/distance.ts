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
    all: { what: 'round trips a payment, from the tap to WAIT_USE', unit: '', better: 'lower', goal: 20, floor: 20 },
    tap: count('– of these `wxPay`'),
    notice: count('– of these the notice'),
    apply: count('– of these relay and apply, by a worker, less what an idle one asks'),
    tell: count('round trips of telling the guest, the same'),
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
      const of = (key: 'tap' | 'tapAgain' | 'notice' | 'status' | 'ms') => median(paid.map((each) => each[key]))
      // What the loops ask meanwhile isn't the payments' own.
      const ofWorker = (key: 'apply' | 'tell') =>
        Math.max(0, mean(paid.map((each) => each[key].trips - idle * each[key].seconds)))
      const apply = ofWorker('apply')
      return {
        all: { ours: of('tap') + of('notice') + apply },
        tap: { ours: of('tap') },
        notice: { ours: of('notice') },
        apply: { ours: apply, note: `idle: ${idle.toFixed(1)}/s` },
        tell: { ours: ofWorker('tell') },
        tapAgain: { ours: of('tapAgain') },
        status: { ours: of('status') },
        time: { ours: of('ms') },
      }
    }
  },
}

/** What a worker asked, and for how long it was counted. */
interface Counted {
  trips: number
  seconds: number
}

/** Round trips of each step. */
interface Paid {
  tap: number
  tapAgain: number
  notice: number
  status: number
  apply: Counted
  tell: Counted
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
  const noticedAt = mark(worker)
  const notice = await send(makeNotice(outTradeNo))
  await until(client, `SELECT 1 FROM homestay_order WHERE sn = $1 AND "tradeState" = 'WAIT_USE'`, sn)
  const usableAt = mark(worker)
  await until(client, `SELECT 1 FROM message WHERE "orderSn" = $1 AND kind = 'ORDER_PAID' AND status = 'SENT'`, sn)
  const toldAt = mark(worker)
  const status = await send(statusRequest(token, outTradeNo))
  return {
    tap: tap.trips,
    tapAgain: tapAgain.trips,
    notice: notice.trips,
    status: status.trips,
    apply: between(noticedAt, usableAt),
    tell: between(usableAt, toldAt),
    ms: tap.ms + toldAt.ms - noticedAt.ms,
  }
}

function mark(worker: DistantDatabase) {
  return { trips: worker.roundTrips(), ms: performance.now() }
}

function between(from: ReturnType<typeof mark>, to: ReturnType<typeof mark>): Counted {
  return { trips: to.trips - from.trips, seconds: (to.ms - from.ms) / 1000 }
}

/** Waits until the query finds a row. */
async function until(client: Client, query: string, sn: string): Promise<void> {
  for (let tries = 0; tries < 5_000; tries++) {
    if ((await client.query(query, [sn])).rows.length > 0) return
    await sleep(2)
  }
  throw new Error(`order ${sn} gets no further`)
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
