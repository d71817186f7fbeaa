import type { Deps } from '../../../src/deps.ts'
import { createRateLimited } from '../../../src/http/limits/refusal.ts'
import { describe, expect, type TestApp } from '../../harness/app.ts'
import { givenGuest, givenPaid } from '../../harness/fixtures.ts'
import { type TestGraphql, WAYS } from '../../harness/graphql.ts'
import { openEventStream } from '../../harness/graphql-client.ts'
import { whileLocked } from '../../harness/race.ts'

/** Waits for the row of its user. */
const REFRESH = 'mutation { refreshSession { expiresAt } }'
const ME = '{ me { id } }'

async function refusals({ metrics }: Deps): Promise<number> {
  const { values } = await metrics.limitRefusals.get()
  return values.find(({ labels }) => labels.limit === 'operationsInHandPerClient')?.value ?? 0
}

describe.for(WAYS)('$way', ({ openTestGraphql, test }) => {
  /** Two operations in hand for each client. */
  async function openNarrow({ deps }: TestApp): Promise<TestGraphql> {
    const limits = { ...deps.config.limits, operationsInHandPerClient: 2 }
    return openTestGraphql({ ...deps, config: { ...deps.config, limits, rateLimitFactor: 1 } })
  }

  describe('operations in hand', () => {
    test('refuses a client that has as many operations in hand as it may, on any of its sessions, and nobody else', async ({
      app,
    }) => {
      const graphql = await openNarrow(app)
      const [guest, other] = [await givenGuest(app), await givenGuest(app, 'o_other')]
      const [phone, tablet, stranger] = [await graphql.as(guest), await graphql.as(guest), await graphql.as(other)]
      const before = await refusals(app.deps)

      const answers = await whileLocked(app, { table: 'user', key: guest.id }, async (waiters) => {
        const held = [phone.send(REFRESH), tablet.send(REFRESH)]
        await waiters(2)
        for (const client of [phone, tablet]) {
          const refused = await client.send(ME)
          expect(refused).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 1 } }] })
          expect(refused.errors?.[0]?.extensions).not.toHaveProperty('http')
          expect([refused.data, refused.headers.get('retry-after')]).toEqual([undefined, '1'])
        }
        expect(await stranger.run(ME)).toEqual({ me: { id: other.id } })
        expect(await graphql.anonymous.run(ME)).toEqual({ me: null })
        return () => Promise.all(held)
      })
      expect(answers.map(({ errors }) => errors)).toEqual([undefined, undefined])
      expect(await refusals(app.deps)).toBe(before + 2)
      const again = await graphql.as(guest)
      expect(await again.run(ME)).toEqual({ me: { id: guest.id } })
      await graphql.close()
    })

    test('answers a refused client with 429 in the new media type', async ({ app }) => {
      const graphql = await openNarrow(app)
      const guest = await givenGuest(app)
      const client = await graphql.as(guest)
      await whileLocked(app, { table: 'user', key: guest.id }, async (waiters) => {
        const held = [client.send(REFRESH), client.send(REFRESH)]
        await waiters(2)
        const response = await fetch(graphql.url, {
          method: 'POST',
          headers: {
            accept: 'application/graphql-response+json',
            'content-type': 'application/json',
            authorization: `Bearer ${client.accessToken}`,
          },
          body: JSON.stringify({ query: ME }),
        })
        expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1'])
        return () => Promise.all(held)
      })
      await graphql.close()
    })

    test('gives the slots back of operations that fail, are refused, or whose client went away', async ({ app }) => {
      const graphql = await openNarrow(app)
      const guest = await givenGuest(app)
      const client = await graphql.as(guest)
      const leave = new AbortController()
      const body = JSON.stringify({ query: REFRESH })
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${client.accessToken}` }
      await whileLocked(app, { table: 'user', key: guest.id }, async (waiters) => {
        const requests = [1, 2].map(() => fetch(graphql.url, { method: 'POST', headers, body, signal: leave.signal }))
        const left = Promise.allSettled(requests)
        await waiters(2)
        leave.abort()
        return () => left
      })
      const again = await graphql.as(guest)
      await expect.poll(async () => (await again.send(ME)).errors).toBeUndefined()

      for (const query of ['{ nothing }', '{', 'query ($id: ID!) { homestay(id: $id) { id } }', '{ a: me { id } }']) {
        for (let times = 0; times < 3; times++) {
          expect((await again.send(query)).errors?.[0]?.extensions?.['code']).not.toBe('RATE_LIMITED')
          expect((await graphql.anonymous.send(query)).errors?.[0]?.extensions?.['code']).not.toBe('RATE_LIMITED')
        }
      }
      await graphql.close()
    })

    test('lets a client have more subscriptions than operations in hand', async ({ app }) => {
      const graphql = await openNarrow(app)
      const { guest, payment } = await givenPaid(app)
      const { accessToken } = await graphql.as(guest)
      const query = 'subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { status } }'
      const streams = []
      for (let count = 0; count < 4; count++) {
        const stream = await openEventStream(graphql.url, query, { variables: { sn: payment.sn }, accessToken })
        await expect.poll(() => stream.received).toEqual([{ data: { paymentStatusChanged: { status: 'SUCCESS' } } }])
        streams.push(stream)
      }
      for (const stream of streams) stream.leave()
      await graphql.close()
    })
  })

  test('a field that is refused by its rate leaves the answer a success, with the seconds to wait in Retry-After', async ({
    app,
  }) => {
    const text = { en: 'Read more slowly.', zh: '请慢一点读。' }
    const refusal = { limit: 'readsPerUserMinute', retryAfterSeconds: 7, text } as const
    const refuse = () => Promise.reject(createRateLimited(app.deps.metrics, refusal))
    const db = app.deps.db.$extends({ query: { homestay: { findFirst: refuse } } }) as unknown as Deps['db']
    const graphql = await openTestGraphql({ ...app.deps, db })
    for (const accept of ['application/graphql-response+json', 'application/json']) {
      const response = await fetch(graphql.url, {
        method: 'POST',
        headers: { accept, 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ homestay(id: "x") { id } me { id } }' }),
      })
      expect([response.status, response.headers.get('retry-after')]).toEqual([200, '7'])
      expect(await response.json()).toEqual({
        data: { homestay: null, me: null },
        errors: [expect.objectContaining({ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 7 } })],
      })
    }
    await graphql.close()
  })
})
