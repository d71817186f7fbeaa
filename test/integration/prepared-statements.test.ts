import { onTestFinished } from 'vitest'
import { type Database, type DatabaseOptions, openDatabase } from '../../src/infra/database.ts'
import { describe, expect, test } from '../harness/sql.ts'

function open(url: string, options: DatabaseOptions = {}): Database {
  const db = openDatabase(url, { poolSize: 1, ...options })
  onTestFinished(() => db.$disconnect())
  return db
}

/** The statements that are prepared on the only connection of `db`. */
async function preparedOn(db: Database): Promise<string[]> {
  const rows = await db.$queryRaw<{ statement: string }[]>`SELECT statement FROM pg_prepared_statements`
  return rows.map(({ statement }) => statement)
}

describe('a prepared statement', () => {
  test('is what comes for the second time, by its text and whatever its values', async ({ sql }) => {
    const db = open(sql.url)
    const ask = (one: number) => db.$queryRaw`SELECT ${one}::int AS one`

    await ask(1)
    const first = await preparedOn(db)
    await ask(2)

    expect(first).toEqual([])
    expect(await preparedOn(db)).toContain('SELECT $1::int AS one')
    expect(await ask(3)).toEqual([{ one: 3 }])
  })

  test('is used in transactions too, but no BEGIN and no COMMIT is prepared', async ({ sql }) => {
    const db = open(sql.url)
    const read = () => db.$transaction((tx) => tx.user.findUnique({ where: { id: 'nobody' } }))

    for (let turn = 0; turn < 3; turn++) await read()

    const prepared = await preparedOn(db)
    expect(prepared.filter((text) => text.includes('"user"'))).toHaveLength(1)
    expect(prepared.filter((text) => /BEGIN|COMMIT/.test(text))).toEqual([])
  })

  test('is not made for a list, whose length makes another text each time', async ({ sql }) => {
    const db = open(sql.url)
    const find = (ids: string[]) => db.user.findMany({ where: { id: { in: ids } } })

    for (let turn = 0; turn < 3; turn++) await find(['one', 'two'])

    expect((await preparedOn(db)).filter((text) => text.includes('"user"'))).toEqual([])
  })

  test('is made for 250 texts at the most, however many there are', async ({ sql }) => {
    const db = open(sql.url)
    const often = () => db.$queryRaw`SELECT 'often' AS word`
    await often()
    await often()

    for (let nth = 0; nth < 300; nth++) {
      await db.$queryRawUnsafe(`SELECT ${nth} AS nth`)
      await db.$queryRawUnsafe(`SELECT ${nth} AS nth`)
    }

    const prepared = await preparedOn(db)
    expect(prepared).toHaveLength(250)
    expect(prepared).toContain(`SELECT 'often' AS word`)
    expect(await db.$queryRaw`SELECT 'one more' AS word`).toEqual([{ word: 'one more' }])
  })

  test('is never made of a text that comes once, or that is very long', async ({ sql }) => {
    const db = open(sql.url)
    const long = `SELECT '${'x'.repeat(9_000)}' AS word`

    for (let nth = 0; nth < 300; nth++) await db.$queryRawUnsafe(`SELECT ${nth} AS nth`)
    for (let turn = 0; turn < 3; turn++) await db.$queryRawUnsafe(long)
    // It was one of the 300, and too many have come since to remember it.
    await db.$queryRawUnsafe('SELECT 0 AS nth')

    expect(await preparedOn(db)).toEqual([])
  })

  test('is never made through a pooler', async ({ sql }) => {
    const db = open(sql.url, { isPooled: true })

    for (let turn = 0; turn < 3; turn++) await db.user.findUnique({ where: { id: 'nobody' } })

    expect(await preparedOn(db)).toEqual([])
  })
})

const CONNECTIONS = 3

type Reader = Pick<Database, '$queryRaw' | 'user'>

/** Runs `work` on every connection of the pool. */
async function onEach<Result>(db: Database, work: (tx: Reader) => Promise<Result>) {
  const begun = Array.from({ length: CONNECTIONS }, () => Promise.withResolvers<void>())
  const all = Promise.all(begun.map(({ promise }) => promise))
  return Promise.allSettled(
    begun.map(({ resolve }) =>
      db.$transaction(async (tx) => {
        await tx.$queryRawUnsafe('SELECT 1')
        resolve()
        await all
        return work(tx)
      }),
    ),
  )
}

const readThing = (tx: Reader) => tx.$queryRaw`SELECT * FROM thing`
const readUser = (tx: Reader) => tx.user.findUnique({ where: { id: 'nobody' } })

describe('a migration while statements are prepared', () => {
  test('fails a SELECT * that is prepared once, and never again on any connection', async ({ sql }) => {
    await sql.query('CREATE TABLE thing AS SELECT 1 AS one')
    const db = open(sql.url, { poolSize: CONNECTIONS })
    for (let turn = 0; turn < 3; turn++) await onEach(db, readThing)

    await sql.query('ALTER TABLE thing ADD COLUMN two int DEFAULT 2')
    const [failed] = await Promise.allSettled([db.$transaction(readThing)])
    const after = [await onEach(db, readThing), await onEach(db, readThing)].flat()

    expect(failed).toMatchObject({ status: 'rejected' })
    expect(after).toEqual(after.map(() => ({ status: 'fulfilled', value: [{ one: 1, two: 2 }] })))
  })

  test('fails no query of a model when its table gets a column', async ({ sql }) => {
    const db = open(sql.url, { poolSize: CONNECTIONS })
    for (let turn = 0; turn < 3; turn++) await onEach(db, readUser)

    await sql.query('ALTER TABLE "user" ADD COLUMN "added" text')
    const after = await onEach(db, readUser)

    expect(after).toEqual(after.map(() => ({ status: 'fulfilled', value: null })))
  })
})
