import { Pool } from 'pg'
import type { User } from '../../prisma/client/client.ts'
import type { Deps } from '../../src/deps.ts'
import type { Tx } from '../../src/infra/database.ts'
import { createSn } from '../../src/infra/numbers.ts'
import { HOLDS_NIGHTS } from '../../src/order/state.ts'
import type { WxPayParams } from '../../src/payment/attempt/open.ts'
import { openTestApp, type TestApp } from '../harness/app.ts'
import { givenGuest, givenHomestay } from '../harness/fixtures.ts'
import type { Who } from './steps.ts'

const DAY_MS = 86_400_000
export const PRICE_FEN = 12_800
/** The reason of every guest's refund, to tell them from the refunds that we open ourselves. */
export const GUEST_REASON = '行程有变'

/** One random life of two orders over the same nights: whatever its final state depends on. */
export interface Life {
  orders: Partial<Record<Who, string>>
  /** The newest payment parameters that each phone was given. */
  phone: Partial<Record<Who, WxPayParams>>
  facts: Record<Who, Set<Fact>>
  nights: { liveStartDate: Date; liveEndDate: Date }
}

/**
 * What people requested, or heard, about an order.
 * - paid first: WeChat had its money before the order or an attempt was abandoned.
 * - abandoned: somebody began to cancel it or to close its attempt, or its time to pay was over.
 * - mismatch refunded: an operator refunded a mismatch of it.
 */
type Fact =
  | 'paid first'
  | 'cancelled'
  | 'abandoned'
  | 'mismatch refunded'
  | 'refund requested'
  | 'manual refund'
  | 'redeemed'
  | 'stay over'

/** Forty years, so that the nights of different lives don't overlap after the move either. */
const LONG_AGO_DAYS = 14_610

/** The system under test: an app with a database and a sandbox of its own, for one life after the other. */
export interface System {
  app: TestApp
  /** A connection beside the app, to read rows and to let time pass. */
  sql: Pool
  people: Record<Who, User>
  hostUserId: string
  beginLife(): Promise<Life>
  /** Does nothing when another order holds the nights. */
  book(life: Life, who: Who): Promise<void>
  /** Moves the nights, and the orders over them, into the past. */
  endStay(life: Life): Promise<void>
  close(): Promise<void>
}

/** How a step is performed. */
export type StepAction = (
  system: System,
  life: Life,
  about: { step: string; who: Who; orderSn: string },
) => Promise<unknown>

export async function openSystem(): Promise<System> {
  // So late that only steps end refunds and send notices.
  const app = await openTestApp({}, { refundDelayMs: 2_000_000_000, noticeScheduleFactor: 100_000 })
  const { wechat } = app.deps
  const timing = { ...wechat.timing, connectMs: 1_000, totalMs: 2_000, repeatMs: 0, slowRepeatMs: 0 }
  const deps: Deps = { ...app.deps, wechat: { ...wechat, timing } }
  const sql = new Pool({ connectionString: app.databaseUrl, max: 2 })
  const homestay = await givenHomestay(app, { homestayPrice: PRICE_FEN })
  const people = { guest: await givenGuest(app, 'o_guest'), rival: await givenGuest(app, 'o_rival') }
  let night = Date.UTC(2040, 0, 1)

  /** Serializes bookings and the end of the stay: both write the same nights. */
  const underLock = (work: (tx: Tx) => Promise<void>) =>
    deps.db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM homestay WHERE id = ${homestay.id} FOR NO KEY UPDATE`
      await work(tx)
    })
  const book = async (life: Life, who: Who) => {
    const sn = createSn('HO')
    const { title, subTitle, cover, info, pricedBy, homestayPrice, foodPrice, id } = homestay
    const order = {
      sn,
      title,
      subTitle,
      cover,
      info,
      pricedBy,
      homestayPrice,
      foodPrice,
      homestayId: id,
      userId: people[who].id,
      homestayTotalPrice: PRICE_FEN,
      foodTotalPrice: 0,
      orderTotalPrice: PRICE_FEN,
      livePeopleNum: 2,
      needFood: false,
      payBefore: new Date(Math.floor(Date.now() / 1000 + 1800) * 1000),
    }
    // Like createHomestayOrder, without the limits and the days that would run out.
    await underLock(async (tx) => {
      const taken = await tx.homestayOrder.count({ where: { ...life.nights, tradeState: { in: HOLDS_NIGHTS } } })
      if (taken > 0) return
      await tx.homestayOrder.create({ data: { ...order, ...life.nights } })
      life.orders[who] = sn
    })
  }
  const endStay = (life: Life) =>
    underLock(async (tx) => {
      const { liveStartDate, liveEndDate } = life.nights
      if (liveEndDate < new Date()) return
      const nights = { liveStartDate: longAgo(liveStartDate), liveEndDate: longAgo(liveEndDate) }
      await tx.homestayOrder.updateMany({ where: life.nights, data: nights })
      life.nights = nights
    })
  return {
    app: { ...app, deps },
    sql,
    people,
    hostUserId: homestay.hostUserId,
    book,
    endStay,
    beginLife: async () => {
      app.sandbox.faults.clear()
      app.sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost' }, { endpoint: 'refund-notice', kind: 'lost' })
      night += DAY_MS
      const nights = { liveStartDate: new Date(night), liveEndDate: new Date(night + DAY_MS) }
      const life: Life = { orders: {}, phone: {}, facts: { guest: new Set(), rival: new Set() }, nights }
      await book(life, 'guest')
      return life
    },
    close: async () => {
      await sql.end()
      await app.close()
    },
  }
}

function longAgo(date: Date): Date {
  return new Date(date.getTime() - LONG_AGO_DAYS * DAY_MS)
}
