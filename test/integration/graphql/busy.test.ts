import type { Deps } from '../../../src/deps.ts'
import { type Database, openDatabase } from '../../../src/infra/database.ts'
import { startSession } from '../../../src/user/session.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshOrder } from '../../harness/fixtures.ts'
import { connectGraphql, openSocket, serveGraphql, subscribe } from '../../harness/graphql-client.ts'
import { LONG_MS, SHORT_MS } from '../../harness/patience.ts'

const READ = '{ homestays { edges { cursor } } }'
const TAP = `mutation ($sn: ID!) {
  wxPay(input: { orderSn: $sn }) { __typename ... on WxPayParams { paymentSn } ... on Error { code } ... on RateLimitedError { retryAfterSeconds } }
}`
const LOG_OUT = 'mutation { logout }'

const SECONDS = { retryAfterSeconds: 1 }
const LIMIT = { code: 'RATE_LIMITED', ...SECONDS }

const BUSY = {
  message: 'Too many operations at the moment. Try again in 1 s.',
  extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 1 },
}

/** Runs `body` with a database of one connection, which somebody else has meanwhile. */
async function whileBusy({ databaseUrl }: TestApp, body: (db: Database) => Promise<void>): Promise<void> {
  const patience = { acquireMs: SHORT_MS, statementMs: LONG_MS, silenceMs: LONG_MS }
  const db = openDatabase(databaseUrl, { poolSize: 1, patience, transactionTimeoutMs: LONG_MS })
  const over = new AbortController()
  const begun = Promise.withResolvers<void>()
  const holder = db.$transaction(async (tx) => {
    // The server would end a transaction that does nothing for long.
    while (!over.signal.aborted) {
      await tx.$queryRaw`SELECT 1 AS one FROM pg_sleep(0.02)`
      begun.resolve()
    }
  })
  try {
    await Promise.race([begun.promise, holder])
    await body(db)
  } finally {
    over.abort()
    await holder
    await db.$disconnect()
  }
}

/** Runs `body` against a GraphQL server of which this kind of operation finds no free connection. */
async function whileBusyFor(
  app: TestApp,
  kind: 'reads' | 'mutations' | 'sessions',
  body: (url: string) => Promise<void>,
) {
  await whileBusy(app, async (busy) => {
    const { db } = app.deps
    const of = { reads: db, mutations: db, sessions: db, [kind]: busy }
    const running = await serveGraphql({ ...app.deps, db: of.reads }, of)
    try {
      await body(running.url)
    } finally {
      await running.close()
    }
  })
}

async function givenTap(app: TestApp) {
  const { order, guest } = await freshOrder(app)
  const { accessToken } = await startSession(app.deps, { userId: guest.id })
  return { sn: order.sn, accessToken }
}

async function refusalsOf(deps: Deps) {
  const { values } = await deps.metrics.limitRefusals.get()
  return values.find(({ labels }) => labels['limit'] === 'connectionsToDatabase')?.value ?? 0
}

describe('an operation for which no connection to the database is free in time', () => {
  test('answers a query with RATE_LIMITED, 503 and the seconds to wait, and counts it', async ({ app }) => {
    await whileBusyFor(app, 'reads', async (url) => {
      const answer = await connectGraphql(url).send(READ)

      expect(answer).toMatchObject({ status: 503, errors: [BUSY] })
      expect(answer.headers.get('retry-after')).toBe('1')
      expect(await refusalsOf(app.deps)).toBe(1)
    })
  })

  test('answers a mutation with RateLimitedError, or with the same where it has no union', async ({ app }) => {
    const { sn, accessToken } = await givenTap(app)
    await whileBusyFor(app, 'mutations', async (url) => {
      const guest = connectGraphql(url, accessToken)

      expect(await guest.mutate(TAP, { sn })).toEqual({ __typename: 'RateLimitedError', ...LIMIT })
      expect(await guest.send(LOG_OUT)).toMatchObject({ errors: [{ extensions: { code: LIMIT.code, ...SECONDS } }] })
      expect(await refusalsOf(app.deps)).toBe(2)
    })
  })

  test('answers with the same when the session can not be checked in time', async ({ app }) => {
    const { accessToken } = await givenTap(app)
    await whileBusyFor(app, 'sessions', async (url) => {
      const answer = await connectGraphql(url, accessToken).send('{ me { id } }')

      expect(answer).toMatchObject({ status: 503, errors: [BUSY] })
    })
  })

  test('answers on a socket with RATE_LIMITED, and the socket stays open', async ({ app }) => {
    await whileBusyFor(app, 'reads', async (url) => {
      const client = openSocket(url)
      for (let turn = 0; turn < 2; turn++) {
        const { received, state } = subscribe(client, READ)
        await expect.poll(state).toBe('complete')
        expect(received).toMatchObject([{ errors: [BUSY] }])
      }
      await client.dispose()
    })
  })

  test('answers what else there is when a part of a query gets no connection', async ({ app }) => {
    await whileBusyFor(app, 'reads', async (url) => {
      const answer = await connectGraphql(url).send('{ __typename homestay(id: "x") { id } }')

      expect(answer).toMatchObject({ status: 200, data: { __typename: 'Query', homestay: null }, errors: [BUSY] })
    })
  })
})

describe('guests who read with every connection', () => {
  test('do not keep a tap waiting', async ({ app }) => {
    const { sn, accessToken } = await givenTap(app)
    await whileBusyFor(app, 'reads', async (url) => {
      expect(await connectGraphql(url, accessToken).mutate(TAP, { sn })).toMatchObject({ __typename: 'WxPayParams' })
    })
  })
})
