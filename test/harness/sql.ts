import { Client } from 'pg'
import { test as base, expect } from 'vitest'
import { createSn, randomCharacters } from '../../src/infra/numbers.ts'
import { cloneDatabase } from './database.ts'
import { keyColumn, WAITING_FOR_LOCK } from './locks.ts'

export type Row = Record<string, unknown>

/** A database reached by plain SQL, without any of our code. */
export interface Sql {
  url: string
  query(text: string, values?: unknown[]): Promise<Row[]>
  insert(table: Table, row: Row): Promise<Row>
  update(table: Table, key: unknown, change: Row): Promise<Row[]>
  /** Another connection, to this database or another of the same server; it is closed with the test. */
  connect(database?: string): Promise<Sql>
}

type Table =
  | 'user'
  | 'wechat_identity'
  | 'homestay_business'
  | 'homestay'
  | 'homestay_order'
  | 'payment'
  | 'payment_event'
  | 'refund'
  | 'operator'
  | 'operator_act'
  | 'operator_session'

/** A test with a migrated database and nothing else; the tests of a file share it, each inserting its own rows. */
export const test = base
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads from the pattern what a fixture needs
  .extend('databaseUrl', { scope: 'file' }, async ({}, { onCleanup }) => {
    const database = await cloneDatabase()
    onCleanup(() => database.drop())
    return database.url
  })
  .extend('sql', async ({ databaseUrl }, { onCleanup }) => {
    const clients: Client[] = []
    onCleanup(async () => void (await Promise.all(clients.map((client) => client.end()))))
    const connect = async (database?: string): Promise<Sql> => {
      const url = new URL(databaseUrl)
      if (database) url.pathname = `/${database}`
      const client = new Client({ connectionString: url.href })
      await client.connect()
      clients.push(client)
      return createSql(url.href, client, connect)
    }
    return connect()
  })

function createSql(url: string, client: Client, connect: Sql['connect']): Sql {
  const query = async (text: string, values: unknown[] = []) => (await client.query<Row>(text, values)).rows
  return {
    url,
    query,
    connect,
    insert: async (table, row) => {
      const columns = Object.keys(row).map((column) => `"${column}"`)
      const places = columns.map((_column, index) => `$${index + 1}`)
      const text = `INSERT INTO "${table}" (${columns.join(', ')}) VALUES (${places.join(', ')})`
      await query(text, Object.values(row))
      return row
    },
    update: (table, key, change) => {
      const sets = Object.keys(change).map((column, index) => `"${column}" = $${index + 2}`)
      const text = `UPDATE "${table}" SET ${sets.join(', ')} WHERE "${keyColumn(table)}" = $1 RETURNING 1`
      return query(text, [key, ...Object.values(change)])
    },
  }
}

/**
 * Runs `second` while the work of `first` is uncommitted, and commits once `second` waits for its lock.
 *
 * @returns how `second` ended.
 */
export async function whileUncommitted(
  sql: Sql,
  first: (first: Sql) => Promise<unknown>,
  second: (second: Sql) => Promise<unknown>,
): Promise<PromiseSettledResult<unknown>> {
  const [one, two] = [await sql.connect(), await sql.connect()]
  await one.query('BEGIN')
  await first(one)
  const ended = Promise.allSettled([second(two)])
  await expect.poll(() => sql.query(WAITING_FOR_LOCK)).toHaveLength(1)
  await one.query('COMMIT')
  const [result] = await ended
  return result
}

export interface Stay {
  userId: string
  homestayId: string
}

/** A guest and a homestay. */
export async function insertStay(sql: Sql): Promise<Stay> {
  const userId = createSn('HO')
  await sql.insert('user', { id: userId, nickname: '房东与客人' })
  await sql.insert('homestay_business', { id: userId, name: '山居', info: '', hostUserId: userId })
  const text = { title: '小院', subTitle: '', cover: '', info: '', foodInfo: '' }
  const prices = { pricedBy: 'NIGHT', homestayPrice: 1_000, marketHomestayPrice: 0, foodPrice: 0, peopleNum: 2 }
  await sql.insert('homestay', { id: userId, businessId: userId, ...text, ...prices })
  return { userId, homestayId: userId }
}

/** An order in WAIT_PAY of 1,000 fen, for one night, unless `change` says otherwise. */
export function anOrder(stay: Stay, change: Row = {}): Row & { sn: string } {
  return {
    sn: createSn('HO'),
    ...stay,
    title: '小院',
    subTitle: '',
    cover: '',
    info: '',
    pricedBy: 'NIGHT',
    homestayPrice: 1_000,
    foodPrice: 0,
    homestayTotalPrice: 1_000,
    foodTotalPrice: 0,
    orderTotalPrice: 1_000,
    liveStartDate: '2030-05-01',
    liveEndDate: '2030-05-02',
    livePeopleNum: 1,
    needFood: false,
    payBefore: '2030-04-01T00:00:00Z',
    ...change,
  }
}

/** A PENDING payment of 1,000 fen, unless `change` says otherwise. */
export function aPayment({ userId }: { userId: string }, orderSn: string, change: Row = {}): Row & { sn: string } {
  return {
    sn: createSn('PA'),
    serviceType: 'HOMESTAY_ORDER',
    orderSn,
    userId,
    mchid: '1900000001',
    appid: 'wx0000000000000001',
    openid: 'o_guest',
    notifyUrl: 'https://example.com/notify',
    payTotal: 1_000,
    prepayBody: '{}',
    ...change,
  }
}

/** The columns that a paid payment has. */
export function paidFacts(change: Row = {}): Row {
  const transactionId = createSn('PA')
  return { status: 'SUCCESS', transactionId, paidTotal: 1_000, payerTotal: 1_000, paidAt: new Date(), ...change }
}

/** An entry code that no order has. */
export function newCode(): string {
  return randomCharacters(8, '23456789ABCDEFGHJKMNPQRSTUVWXYZ')
}

/** A refund of 1,000 fen in REQUESTED, unless `change` says otherwise. */
export function aRefund(paymentSn: string, change: Row = {}): Row & { outRefundNo: string } {
  return { outRefundNo: createSn('RE'), paymentSn, cause: 'GUEST', refundTotal: 1_000, body: '{}', ...change }
}

export { describe } from 'vitest'
export { expect }
