import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { getIntrospectionQuery } from 'graphql'
import { describe, expect, type TestApp } from '../../harness/app.ts'
import { openTestGraphql, sharedTest as test } from '../../harness/graphql.ts'
import { openEventStream, openSocket, subscribe } from '../../harness/graphql-client.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** In bytes, without what nothing refers to. */
function measureHeap(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const list = (count: number, item: (index: number) => string) =>
  Array.from({ length: count }, (_, n) => item(n)).join(' ')

/** Twice at each level, so that comparing them takes the square of what is written. */
const nested = (levels: number): string => (levels === 0 ? 'name' : list(2, () => `ofType { ${nested(levels - 1)} }`))

/** Each within 32 KiB, made so that a server without limits is busy with it for long, or remembers it for long. */
const HOSTILE: [what: string, query: string][] = [
  ['thousands of comments', `{ __typename } ${'#\n'.repeat(8_000)}`],
  ['thousands of empty lines before an error', `{ ${'\n'.repeat(12_000)} nothing }`],
  ['hundreds of unknown fields on lines of their own', `{ ${'\n'.repeat(900)} ${list(900, (n) => `nothing${n}`)} }`],
  ['thousands of tokens', `{ ${list(500, (n) => `a${n}: __typename`)} }`],
  ['hundreds of the same field', `{ me { ${list(400, () => 'id')} } }`],
  ['the same fields under each other', `{ __type(name: "User") { ${nested(7)} } }`],
  ['fields that nest hundreds deep', `{ __type(name: "User") { ${'ofType {'.repeat(300)} name ${'}'.repeat(300)} } }`],
  ['aliases of a list', `{ ${list(70, (n) => `a${n}: homestays { edges { cursor } }`)} }`],
  ['a circle of fragments', `{ me { ...F0 } } ${list(100, (n) => `fragment F${n} on User { ...F${(n + 1) % 100} }`)}`],
  [
    'fragments that all spread one another',
    `{ me { ...F0 } } ${list(18, (n) => `fragment F${n} on User { ${list(18, (m) => `...F${m}`)} }`)}`,
  ],
  [
    'fragments that double each other',
    `{ __schema { types { ...F0 } } } ${list(30, (n) => `fragment F${n} on __Type { a: fields { type { ...F${n + 1} } } b: fields { type { ...F${n + 1} } } }`)} fragment F30 on __Type { name }`,
  ],
  ['hundreds of directives', `{ __typename ${'@skip '.repeat(400)} }`],
  ['hundreds of operations', list(300, (n) => `query A${n} { me { id } }`)],
  ['a name of thousands of letters', `{ ${'x'.repeat(30_000)} }`],
  [
    'a text of thousands of letters where a number belongs',
    `{ homestays(first: "${'x'.repeat(30_000)}") { __typename } }`,
  ],
  ['a list that nests hundreds deep', `{ homestay(id: ${'['.repeat(480)}${']'.repeat(480)}) { id } }`],
  ['a type that nests hundreds deep', `query ($a: ${'['.repeat(480)}Int${']'.repeat(480)}) { __typename }`],
  ['hundreds of variables that nothing uses', `query (${list(240, (n) => `$a${n}: Int`)}) { __typename }`],
  [
    'the whole schema many times',
    `{ ${list(40, (n) => `a${n}: __schema { types { fields { name args { name } } } }`)} }`,
  ],
  ['definitions of types', list(100, (n) => `type A${n} { a: Int }`)],
]

async function openProduction({ deps }: TestApp) {
  return openTestGraphql({ ...deps, config: { ...deps.config, production: true } })
}

describe('a hostile document', () => {
  for (const [what, query] of HOSTILE) {
    test(`refuses ${what} with a few short errors, over HTTP, SSE and WebSocket`, async ({ graphql }) => {
      const answer = await graphql.anonymous.send(query)
      const stream = await openEventStream(graphql.url, query)
      const client = openSocket(graphql.url)
      const { state } = subscribe(client, query)
      await expect.poll(state).toMatchObject({ error: expect.any(Array) })
      await expect.poll(stream.state).not.toBe('open')
      await client.dispose()

      expect(answer.data).toBeUndefined()
      expect(answer.errors?.length).toBeLessThanOrEqual(11)
      expect(JSON.stringify(answer.errors).length).toBeLessThan(64 * 1024)
      expect(stream.received).toMatchObject([{ errors: expect.any(Array) }])
      expect(await graphql.anonymous.run('{ __typename }')).toEqual({ __typename: 'Query' })
    })
  }

  test('counts refusals by their limit', async ({ app, graphql }) => {
    const refusals = async () => (await app.deps.metrics.limitRefusals.get()).values
    const of = async (limit: string) => (await refusals()).find(({ labels }) => labels.limit === limit)?.value ?? 0
    for (const [limit, query] of [
      ['documentTokens', `{ __typename } ${'#\n'.repeat(2_000)}`],
      ['documentFields', `{ me { ${'id '.repeat(200)} } }`],
      ['databaseFields', `{ ${list(11, (n) => `a${n}: homestay(id: "x") { id }`)} }`],
    ] as const) {
      const before = await of(limit)
      expect(await graphql.anonymous.send(query)).toMatchObject({
        errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
      })
      expect(await of(limit)).toBe(before + 1)
    }
  })
})

test('keeps its memory while it is sent documents that are all different', async ({ graphql }) => {
  const before = measureHeap()
  for (let count = 0; count < 300; count++) {
    const query = `{ ${list(300, (n) => `a${n}: __typename`)} } #${count}`
    expect((await graphql.anonymous.send(query)).errors).toBeUndefined()
  }
  // Kept whole, they would be 90 MiB.
  expect(measureHeap() - before).toBeLessThan(40 * 1024 * 1024)
})

test('answers hundreds of variables that don’t fit with a few short errors', async ({ graphql }) => {
  const query = 'mutation ($input: WxLoginInput!) { wxLogin(input: $input) { __typename } }'
  const unknown = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`x${n}`, n]))
  const answer = await graphql.anonymous.send(query, { input: { code: 'x'.repeat(15_000), ...unknown } })
  expect(answer.errors).toMatchObject([...Array(10)].map(() => ({ extensions: { code: 'BAD_USER_INPUT' } })))
  expect(JSON.stringify(answer.errors).length).toBeLessThan(16 * 1024)
})

describe('production', () => {
  test('refuses introspection in production, and allows it elsewhere', async ({ app, graphql }) => {
    const production = await openProduction(app)
    for (const query of [
      getIntrospectionQuery(),
      '{ __schema { types { name } } }',
      '{ __type(name: "User") { name } }',
    ]) {
      expect((await graphql.anonymous.send(query)).errors).toBeUndefined()
      const refused = await production.anonymous.send(query)
      expect(refused.data).toBeUndefined()
      expect(refused.errors?.[0]?.message).toContain('introspection')
    }
    expect(await production.anonymous.run('{ __typename }')).toEqual({ __typename: 'Query' })
    await production.close()
  })

  test('names nothing in production that the client didn’t name', async ({ app, graphql }) => {
    const production = await openProduction(app)
    const login = 'mutation ($input: WxLoginInput!) { wxLogin(input: $input) { __typename } }'
    const list = 'query ($s: OrderTradeState) { homestayOrders(tradeState: $s) { pageInfo { endCursor } } }'
    for (const [query, variables] of [
      ['{ homestayz { id } }', {}],
      ['{ homestays(firzt: 1) { edges { cursor } } }', {}],
      ['query ($a: WxLoginInputt) { __typename }', {}],
      ['{ homestayOrders(tradeState: WAIT_PAYY) { edges { cursor } } }', {}],
      ['mutation { wxLogin(input: { code: "x", phoneCodee: "x" }) { __typename } }', {}],
      [login, { input: { code: 'x', phoneCodee: 'x' } }],
      [list, { s: 'WAIT_PAYY' }],
    ] as const) {
      const [open, closed] = [
        await graphql.anonymous.send(query, variables),
        await production.anonymous.send(query, variables),
      ]
      expect(JSON.stringify(open.errors), query).toContain('Did you mean')
      expect(closed.data).toBeUndefined()
      expect(JSON.stringify(closed.errors), query).not.toContain('Did you mean')
    }
    await production.close()
  })
})
