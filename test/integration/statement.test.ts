import { DatabaseError } from 'pg'
import { onTestFinished } from 'vitest'
import { Prisma } from '../../prisma/client/client.ts'
import { type Database, type DatabaseOptions, isFaultOfData, openDatabase } from '../../src/infra/database.ts'
import { isBusy, type Patience } from '../../src/infra/pool.ts'
import { countChanged, queryRows } from '../../src/infra/statement.ts'
import { LONG_MS, SHORT_MS } from '../harness/patience.ts'
import { whileSilent } from '../harness/silent-database.ts'
import { describe, expect, test } from '../harness/sql.ts'

const PATIENT: Patience = { acquireMs: LONG_MS, statementMs: LONG_MS, silenceMs: 2 * LONG_MS }

const PREPARED = Prisma.sql`SELECT 1 FROM pg_prepared_statements WHERE statement LIKE '% AS one'`

const readOne = (db: Database) => queryRows(db, Prisma.sql`SELECT ${1}::int AS one`)

function open(url: string, options: DatabaseOptions = {}): Database {
  const db = openDatabase(url, { poolSize: 1, patience: PATIENT, ...options })
  onTestFinished(() => db.$disconnect())
  return db
}

/** The error of a statement that must fail. */
async function errorOf(statement: Promise<unknown>): Promise<unknown> {
  const [end] = await Promise.allSettled([statement])
  return end.status === 'rejected' ? end.reason : undefined
}

/** Statements at a time when their only connection is in use. */
async function whileBusy<Result>(db: Database, body: () => Promise<Result>): Promise<Result> {
  const isHeld = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const holding = db.$transaction(
    async (tx) => {
      await tx.$queryRaw`SELECT 1`
      isHeld.resolve()
      await end.promise
    },
    { timeout: LONG_MS },
  )
  await isHeld.promise
  try {
    return await body()
  } finally {
    end.resolve()
    await holding
  }
}

describe('a statement straight to the connections', () => {
  test.for<[string, string, unknown]>([
    ['an instant', `timestamptz '2026-06-01 08:00:00.123456+08'`, new Date('2026-06-01T00:00:00.123Z')],
    ['an instant of a tenth', `timestamptz '2026-06-01 08:00:00.5+08'`, new Date('2026-06-01T00:00:00.500Z')],
    ['an instant of a whole second', `timestamptz '2026-06-01 08:00:01+08'`, new Date('2026-06-01T00:00:01Z')],
    ['a day', `date '2026-06-01'`, new Date('2026-06-01T00:00:00Z')],
    ['64 bits', '9007199254740993::bigint', 9_007_199_254_740_993n],
    ['32 bits', '7', 7],
    ['a float', '1.5::float8', 1.5],
    ['a boolean', 'true', true],
    ['a text', `'支付成功'`, '支付成功'],
    ['an enum', `'PENDING'::"PayStatus"`, 'PENDING'],
    ['jsonb', `'{"a": [1, null, {"b": "c"}]}'::jsonb`, { a: [1, null, { b: 'c' }] }],
    ['json', `'[1.5, "a"]'::json`, [1.5, 'a']],
    ['null of JSON', `'null'::jsonb`, null],
    ['an instant that is NULL', 'NULL::timestamptz', null],
    ['JSON that is NULL', 'NULL::jsonb', null],
    ['texts', `ARRAY['a', NULL, 'b,"c"', '']`, ['a', null, 'b,"c"', '']],
    ['no texts', 'ARRAY[]::text[]', []],
    ['numbers', 'ARRAY[1, NULL, 3]', [1, null, 3]],
    ['instants', `ARRAY[timestamptz '2026-06-01 08:00+08', NULL]`, [new Date('2026-06-01T00:00:00Z'), null]],
  ])('reads %s as Prisma does', async ([, text, value], { sql }) => {
    const db = open(sql.url)
    const statement = Prisma.sql`SELECT ${Prisma.raw(text)} AS value`
    expect([await queryRows(db, statement), await db.$queryRaw(statement)]).toEqual([[{ value }], [{ value }]])
  })

  test.for<[string, string, unknown]>([
    ['an instant', 'timestamptz', new Date('2026-06-01T00:00:00.123Z')],
    ['64 bits', 'bigint', 9_007_199_254_740_993n],
    ['a boolean', 'boolean', false],
    ['a text', 'text', '支付成功'],
    ['nothing', 'text', null],
    ['texts', 'text[]', ['a', 'b,"c"', '']],
  ])('sends %s as Prisma does', async ([, type, value], { sql }) => {
    const db = open(sql.url)
    const statement = Prisma.sql`SELECT ${value}::${Prisma.raw(type)} AS value`
    expect([await queryRows(db, statement), await db.$queryRaw(statement)]).toEqual([[{ value }], [{ value }]])
  })

  test('reads instants of any year', async ({ sql }) => {
    const texts = ['0044-03-15 00:00:00+00 BC', '0001-01-01 00:00:00+00', '10000-01-01 00:00:00+00', 'infinity']
    const rows = await queryRows<{ at: unknown }>(
      open(sql.url),
      Prisma.sql`SELECT at::timestamptz AS at FROM unnest(${texts}::text[]) at`,
    )
    const years = ['-000043-03-15', '0001-01-01', '+010000-01-01'].map((day) => new Date(`${day}T00:00:00Z`))
    expect(rows.map(({ at }) => at)).toEqual([...years, Number.POSITIVE_INFINITY])
  })

  test('counts the rows that it changed', async ({ sql }) => {
    const db = open(sql.url)
    const nickname = 'counted'
    for (const id of ['one', 'two']) await sql.insert('user', { id: `counted-${id}`, nickname })

    expect(await countChanged(db, Prisma.sql`UPDATE "user" SET nickname = 'new' WHERE nickname = ${nickname}`)).toBe(2)
    expect(await countChanged(db, Prisma.sql`UPDATE "user" SET nickname = 'new' WHERE nickname = ${nickname}`)).toBe(0)
  })

  test('goes through a client with extensions where there is one, which sees it', async ({ sql }) => {
    const seen: string[] = []
    const db = open(sql.url).$extends({
      query: {
        $allOperations: ({ operation, args, query }) => {
          seen.push(operation)
          return query(args)
        },
      },
    }) as unknown as Database

    expect(await queryRows(db, Prisma.sql`SELECT 1 AS one`)).toEqual([{ one: 1 }])
    expect(await countChanged(db, Prisma.sql`UPDATE "user" SET nickname = '' WHERE false`)).toBe(0)
    expect(seen).toEqual(['$queryRaw', '$executeRaw'])
  })

  test('is prepared when it comes for the second time, and never through a pooler', async ({ sql }) => {
    const [direct, pooled] = [open(sql.url), open(sql.url, { isPooled: true })]
    await readOne(direct)
    expect(await queryRows(direct, PREPARED)).toHaveLength(0)
    await readOne(direct)
    expect(await queryRows(direct, PREPARED)).toHaveLength(1)
    for (let turn = 0; turn < 3; turn++) await readOne(pooled)
    expect(await queryRows(pooled, PREPARED)).toHaveLength(0)
  })
})

describe('a statement that fails', () => {
  test('tells what PostgreSQL refused because of its rows from what it refused because of its text', async ({
    sql,
  }) => {
    const db = open(sql.url)
    await sql.insert('user', { id: 'twice', nickname: '' })
    const insert = Prisma.sql`INSERT INTO "user" (id, nickname) VALUES (${'twice'}, '')`

    const ofRows = await Promise.all([
      errorOf(queryRows(db, Prisma.sql`SELECT 1 / ${0}::int`)),
      errorOf(countChanged(db, insert)),
    ])
    const ofText = await errorOf(queryRows(db, Prisma.sql`SELECT nothing`))

    expect(ofRows.map((error) => (error as DatabaseError).code)).toEqual(['22012', '23505'])
    expect(ofRows.map(isFaultOfData)).toEqual([true, true])
    expect(ofText).toBeInstanceOf(DatabaseError)
    expect(isFaultOfData(ofText)).toBe(false)
    // Another connection has taken its place.
    expect(await queryRows(db, Prisma.sql`SELECT 1 AS one`)).toEqual([{ one: 1 }])
  })

  test('is busy, and has changed nothing, when no connection is free in time', async ({ sql }) => {
    const db = open(sql.url, { patience: { ...PATIENT, acquireMs: SHORT_MS } })

    const error = await whileBusy(db, () => errorOf(countChanged(db, Prisma.sql`UPDATE "user" SET nickname = 'busy'`)))

    expect(isBusy(error)).toBe(true)
    expect(isFaultOfData(error)).toBe(false)
    expect(await queryRows(db, Prisma.sql`SELECT 1 FROM "user" WHERE nickname = 'busy'`)).toEqual([])
  })

  test('leaves a connection whose server is silent, and the next one takes another', async ({ sql }) => {
    const db = open(sql.url, { patience: { ...PATIENT, silenceMs: SHORT_MS } })
    await queryRows(db, Prisma.sql`SELECT 1`)

    await whileSilent(sql.url, async () => {
      const error = await errorOf(queryRows(db, Prisma.sql`SELECT 1`))
      expect(error).toMatchObject({ code: 'ETIMEDOUT' })
      expect([isFaultOfData(error), isBusy(error)]).toEqual([false, false])
      expect(await queryRows(db, Prisma.sql`SELECT 1 AS one`)).toEqual([{ one: 1 }])
    })
  })

  test('closes its connections with the database, also where nothing but these statements has used them', async ({
    sql,
  }) => {
    const db = open(sql.url)
    await queryRows(db, Prisma.sql`SELECT 1`)
    await db.$disconnect()
    const after = await errorOf(queryRows(db, Prisma.sql`SELECT 1`))
    expect(String(after)).toContain('after calling end')
    await db.$disconnect()
  })
})
