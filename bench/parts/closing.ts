import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { perOperation, withCpu } from '../cpu.ts'
import { deploy } from '../deployment.ts'
import { type Filling, fillGuests, fillOrders } from '../fill.ts'
import type { Part } from '../part.ts'

const WECHAT_DELAY_MS = 100
const ROUND_MS = 6_000
/** More than one worker closes or rechecks in a round. */
const DUE = 1_500
const FILLING: Filling = { homestays: 2_000, guests: 1_000 }

/** What a worker asks WeChat by itself: unpaid orders are closed, and pending payments rechecked. */
export const closing: Part = {
  name: 'closing',
  about: `unpaid orders closed, and pending payments rechecked, with WeChat ${WECHAT_DELAY_MS} ms away`,
  rows: {
    closed: {
      what: `unpaid orders closed by a worker, WeChat at ${WECHAT_DELAY_MS} ms`,
      unit: '/s',
      better: 'higher',
      goal: 50,
    },
    rechecked: { what: `rechecks by a worker, WeChat at ${WECHAT_DELAY_MS} ms`, unit: '/s', better: 'higher' },
  },
  open: async (bench) => {
    const database = await bench.servers.createDatabase('bench_closing')
    bench.stack.defer(() => database.client.end())
    await fillGuests(bench, database.client, FILLING)
    const deployment = await deploy(bench, { database, workers: 1, wechatDelayMs: WECHAT_DELAY_MS })
    let next = 1
    const take = async (stage: 'overdue' | 'tapped') => {
      const range = { from: next, to: next + DUE - 1 }
      next += DUE
      await fillOrders(bench, database.client, { ...range, ...FILLING, stage })
    }
    const measure = async (count: (client: Client) => Promise<number>) => {
      const { client } = database
      const before = await count(client)
      const startedAt = performance.now()
      const { result: done, cpu } = await withCpu(deployment.watched, async () => {
        await sleep(ROUND_MS)
        return (await count(client)) - before
      })
      const seconds = (performance.now() - startedAt) / 1000
      return { ours: done / seconds, cpu: perOperation(cpu, Math.max(1, done)) }
    }
    return async () => {
      await take('overdue')
      const closed = await measure(countClosed)
      await database.client.query(FORGET_OVERDUE)
      await take('tapped')
      await database.client.query(RECHECK_NOW)
      const rechecked = await measure(countRechecked)
      await database.client.query(RECHECK_LATER)
      return { closed, rechecked }
    }
  },
}

const FORGET_OVERDUE = `
  UPDATE homestay_order SET "nextCloseAt" = now() + interval '1 hour' WHERE "tradeState" = 'WAIT_PAY'`
const RECHECK_NOW = `UPDATE payment SET "nextRecheckAt" = now() WHERE status = 'PENDING' AND "lastQueriedAt" IS NULL`
const RECHECK_LATER = `UPDATE payment SET "nextRecheckAt" = now() + interval '1 hour' WHERE "nextRecheckAt" IS NOT NULL`

async function countClosed(client: Client): Promise<number> {
  const { rows } = await client.query(`SELECT count(*)::int FROM homestay_order WHERE "tradeState" = 'CANCELLED'`)
  return Number(rows[0]?.count)
}

async function countRechecked(client: Client): Promise<number> {
  const { rows } = await client.query(`SELECT count(*)::int FROM payment WHERE "lastQueriedAt" IS NOT NULL`)
  return Number(rows[0]?.count)
}
