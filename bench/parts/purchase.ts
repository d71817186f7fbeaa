import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { perOperation, withCpu } from '../cpu.ts'
import { accessToken, deploy } from '../deployment.ts'
import { type Filling, fillGuests, fillOrders, homestayId, ORDER_TOTAL, openidOf, sessionId } from '../fill.ts'
import { startGenerator } from '../load/generator.ts'
import type { GuestOfJob, GuestsJob, GuestsResult } from '../load/guests.ts'
import { createPace, type Part } from '../part.ts'

const TOGETHER = 32
const ROUND_SECONDS = 5
const DAY_MS = 86_400_000
const LOOK_EVERY_MS = 100
const FILLING: Filling = { homestays: 2_000, guests: 1_000 }
/** Orders of the past: plans that PostgreSQL makes for empty tables read all of them, until it has counted their rows. */
const PAST_ORDERS = 10_000

/** The main job, everything on one machine: book, tap, the notice, applied, and the guest told. */
export const purchase: Part = {
  name: 'purchase',
  about: 'the main job: book, tap, notice, WAIT_USE, messages sent',
  rows: {
    rate: {
      what: 'purchases: book, tap, notice, WAIT_USE, messages sent',
      unit: '/s',
      better: 'higher',
      goal: 150,
      floor: 80,
    },
    cpu: { what: 'CPU a purchase, API, worker, PostgreSQL and Redis', unit: 'ms', better: 'lower' },
  },
  open: async (bench) => {
    const database = await bench.servers.createDatabase('bench_purchase')
    bench.stack.defer(() => database.client.end())
    await fillGuests(bench, database.client, FILLING)
    await fillOrders(bench, database.client, { from: 1, to: PAST_ORDERS, ...FILLING, stage: 'done' })
    const deployment = await deploy(bench, { database, workers: 1, signedPrepays: 5_000 })
    const load = startGenerator<GuestsJob, GuestsResult>(bench.stack, 'guests')
    const tokens = await Promise.all(
      Array.from({ length: FILLING.guests }, (_, index) => accessToken(sessionId(index + 1))),
    )
    const pace = createPace(ROUND_SECONDS, { first: 64 * bench.scale, most: 2_000 * bench.scale })
    let made = 0
    const round = async () => {
      const count = pace.count()
      const guests = Array.from({ length: count }, (_, index) => guestOf(made + index, tokens))
      made += count
      const job = { url: deployment.url, credentials: bench.servers.credentials, connections: TOGETHER, guests }
      const { result: seconds, cpu } = await withCpu({ ...deployment.watched, load: load.pid }, async () => {
        const startedAt = performance.now()
        await load.run(job)
        await untilTold(database.client, made)
        return (performance.now() - startedAt) / 1000
      })
      pace.observe(count / seconds)
      const each = perOperation(cpu, count)
      const { api = 0, worker = 0, postgresql = 0, redis = 0 } = each
      return {
        rate: { ours: count / seconds, cpu: each },
        cpu: { ours: api + worker + postgresql + redis },
      }
    }
    await round()
    return round
  },
}

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10)

/** Each purchase has a night of its own. */
function guestOf(number: number, tokens: string[]): GuestOfJob {
  const guest = number % FILLING.guests
  const startsAt = Date.now() + (10 + Math.floor(number / FILLING.homestays)) * DAY_MS
  return {
    token: tokens[guest] ?? '',
    openid: openidOf(guest + 1),
    homestayId: homestayId((number % FILLING.homestays) + 1),
    day: dayOf(startsAt),
    nextDay: dayOf(startsAt + DAY_MS),
    totalFen: ORDER_TOTAL,
  }
}

/** Waits until so many orders are in WAIT_USE and every message that is due has been sent. */
export async function untilTold(client: Client, orders: number, withinMs = 120_000): Promise<boolean> {
  const endsAt = performance.now() + withinMs
  while (performance.now() < endsAt) {
    if ((await countTold(client)) >= orders) return true
    await sleep(LOOK_EVERY_MS)
  }
  return false
}

/** Orders in WAIT_USE whose guest has been told that they are paid. */
export async function countTold(client: Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>(`
    SELECT count(*)::int AS count FROM message m JOIN homestay_order o ON o.sn = m."orderSn"
    WHERE m.kind = 'ORDER_PAID' AND m.status = 'SENT' AND o."tradeState" = 'WAIT_USE'`)
  const { rows: due } = await client.query(`
    SELECT 1 FROM message WHERE status = 'PENDING' AND "nextTryAt" < now() + interval '1 minute' LIMIT 1`)
  return (rows[0]?.count ?? 0) - due.length
}
