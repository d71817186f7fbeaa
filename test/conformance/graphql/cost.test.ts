import { getIntrospectionQuery } from 'graphql'
import { describe, expect } from '../../harness/app.ts'
import { sharedTest as test } from '../../harness/graphql.ts'
import { connectGraphql, openEventStream, openSocket, subscribe } from '../../harness/graphql-client.ts'

const repeat = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ')

/** 8 to the power of 3, and a page of 100. */
const FIELDS = `fragment A on QueryHomestaysConnection { ${repeat(8, 'edges { ...B }')} }
  fragment B on QueryHomestaysConnectionEdge { ${repeat(8, 'node { ...C }')} }
  fragment C on Homestay { ${repeat(8, 'info')} }`
const QUERY = `{ homestays(first: 100) { ...A } } ${FIELDS}`
const MUTATION = `mutation { ${repeat(11, 'wxLogin(input: { code: "code-o_guest" }) { __typename }')} }`

const refused = [{ message: expect.stringMatching(/several|themselves/), extensions: { code: 'BAD_USER_INPUT' } }]

describe('an operation that costs too much', () => {
  test('refuses an operation that costs too much over HTTP', async ({ app, graphql }) => {
    for (const query of [QUERY, MUTATION]) {
      expect(await graphql.anonymous.send(query)).toMatchObject({ errors: refused })
    }
    expect(await app.deps.db.session.count()).toBe(0)
  })

  test('refuses an operation that costs too much over SSE', async ({ graphql }) => {
    const { state, received } = await openEventStream(graphql.url, QUERY)
    await expect.poll(state).not.toBe('open')
    expect(received).toMatchObject([{ errors: refused }])
  })

  test('refuses an operation that costs too much over WebSocket', async ({ app, graphql }) => {
    const client = openSocket(graphql.url)
    for (const query of [QUERY, MUTATION]) {
      const { state, received } = subscribe(client, query)
      await expect.poll(state).toMatchObject({ error: refused })
      expect(received).toEqual([])
    }
    await client.dispose()
    expect(await app.deps.db.session.count()).toBe(0)
  })
})

test('the introspection of the whole schema is within the cost limit', async ({ graphql }) => {
  const query = getIntrospectionQuery({
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  })
  const answer = await connectGraphql(graphql.url).run<{ __schema: { types: unknown[] } }>(query)
  expect(answer.__schema.types.length).toBeGreaterThan(50)
})
