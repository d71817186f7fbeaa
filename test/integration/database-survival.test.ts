import type { PoolClient } from 'pg'
import pino from 'pino'
import { onTestFinished } from 'vitest'
import { type Database, type DatabaseOptions, openDatabase } from '../../src/infra/database.ts'
import { isBusy } from '../../src/infra/pool.ts'
import { endingAfterReady, silentAfterLogin } from '../harness/greeting-proxy.ts'
import { run } from '../harness/processes.ts'
import { whileSilent } from '../harness/silent-database.ts'
import { describe, expect, test } from '../harness/sql.ts'

const SILENCE_MS = 1_000

/** Its server-side limits are out of the way: what ends a query here is our own clock. */
const IMPATIENT = { acquireMs: 60_000, statementMs: 60_000, silenceMs: SILENCE_MS }

function open(url: string, options: DatabaseOptions = {}): Database {
  const db = openDatabase(url, { log: pino({ level: 'silent' }), ...options })
  onTestFinished(() => db.$disconnect())
  return db
}

const transaction = (db: Database) => db.$transaction((tx) => tx.$queryRaw`SELECT 1 AS one`)
const statement = (db: Database) => db.$queryRaw`SELECT 1 AS one`

describe('a server that ends a connection between its being ready and its being used', () => {
  // Node would end the process for an error without a listener, and Vitest fails a test for it.
  test('rejects a transaction on a new connection, and the process goes on', async ({ sql }) => {
    const db = open(await endingAfterReady(sql.url, 1))

    await expect(transaction(db)).rejects.toThrow()
    await expect(transaction(db)).rejects.toThrow()
  })

  test('rejects the next transaction on a connection that was just released, and the process goes on', async ({
    sql,
  }) => {
    const db = open(await endingAfterReady(sql.url, 2), { poolSize: 1 })

    const [first, second] = await Promise.allSettled([statement(db), transaction(db)])

    expect([first.status, second.status]).toEqual(['fulfilled', 'rejected'])
  })
})

describe('a pooler that lets clients in while its server is silent', () => {
  test('keeps nobody waiting for longer than a connection may take, and no place in the pool', async ({ sql }) => {
    const patience = { ...IMPATIENT, acquireMs: SILENCE_MS }
    const db = open(await silentAfterLogin(sql.url), { isPooled: true, poolSize: 1, patience })

    for (let turn = 0; turn < 3; turn++) await expect(statement(db)).rejects.toThrow()
  })
})

describe('a server whose connections fall silent while new ones work', () => {
  test('fails a statement by our own clock, and the next ones are answered', async ({ sql }) => {
    const db = open(sql.url, { patience: IMPATIENT })
    await Promise.all(Array.from({ length: 5 }, () => db.$queryRaw`SELECT 1 AS one FROM pg_sleep(0.1)`))

    await whileSilent(sql.url, async () => {
      await expect(statement(db)).rejects.toThrow()
      // None of the other four is waited for as long.
      for (let turn = 0; turn < 10; turn++) expect(await statement(db)).toEqual([{ one: 1 }])
    })
  })

  test('leaves the idle connections of a process’ other pools with the first that is silent', async ({ sql }) => {
    const shared = { patience: IMPATIENT, idle: new Set<PoolClient>() }
    const [one, other] = [open(sql.url, shared), open(sql.url, shared)]
    await Promise.all([statement(one), statement(other)])

    await whileSilent(sql.url, async () => {
      await expect(statement(one)).rejects.toThrow()
      expect(await statement(other)).toEqual([{ one: 1 }])
    })
  })

  test('fails a transaction by our own clock, and destroys its connection', async ({ sql }) => {
    const db = open(sql.url, { poolSize: 1, patience: IMPATIENT, transactionTimeoutMs: 60_000 })
    const begun = Promise.withResolvers<void>()
    const silent = Promise.withResolvers<void>()
    const interrupted = db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 AS one`
      begun.resolve()
      await silent.promise
      await tx.$queryRaw`SELECT 2 AS two`
    })
    await begun.promise

    await whileSilent(sql.url, async () => {
      silent.resolve()
      await expect(interrupted).rejects.toThrow()
      expect(await transaction(db)).toEqual([{ one: 1 }])
    })
  })

  test('tells neither success nor “busy” of a transaction whose COMMIT got no answer', async ({ sql }) => {
    const db = open(sql.url, { poolSize: 1, patience: IMPATIENT, transactionTimeoutMs: 60_000 })
    const begun = Promise.withResolvers<void>()
    const silent = Promise.withResolvers<void>()
    const cutOff = db.$transaction(async (tx) => {
      await tx.user.create({ data: { nickname: 'cut off' } })
      begun.resolve()
      await silent.promise
    })
    await begun.promise

    await whileSilent(sql.url, async () => {
      silent.resolve()
      const reason = await cutOff.catch((error: unknown) => error)
      expect(reason).toBeInstanceOf(Error)
      expect(isBusy(reason)).toBe(false)
    })
  })

  test('lets a statement run that the server works on', async ({ sql }) => {
    const db = open(sql.url, { patience: { ...IMPATIENT, silenceMs: 120_000 } })
    expect(await db.$queryRaw`SELECT 1 AS one FROM pg_sleep(1.5)`).toEqual([{ one: 1 }])
  })
})

describe('a process that is stopped while it holds the lock of a row', () => {
  test('loses the lock, and another gets it', async ({ sql }) => {
    const db = open(sql.url, { patience: { ...IMPATIENT, silenceMs: 120_000 }, transactionTimeoutMs: 120_000 })
    const { id } = await db.user.create({ data: { nickname: 'locked' } })
    const holder = run(['node', 'test/harness/frozen-holder.ts', sql.url, id])
    await holder.says(/locked/)
    holder.signal('SIGSTOP')

    const locked = await db.$queryRaw`SELECT id FROM "user" WHERE id = ${id} FOR UPDATE`

    expect(locked).toEqual([{ id }])
  })
})
