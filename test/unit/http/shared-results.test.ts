import { createSchema, createYoga } from 'graphql-yoga'
import pino from 'pino'
import { describe, expect, test } from 'vitest'
import type { AppConfig } from '../../../src/config.ts'
import type { GraphqlContext, ResultTexts, Transport } from '../../../src/graphql/context.ts'
import { useSharedResults } from '../../../src/http/graphql/shared-results.ts'
import { openMetrics } from '../../../src/infra/metrics.ts'
import { NewestStream } from '../../../src/infra/newest-stream.ts'

interface Change {
  sn: string
  version: number
}

interface Subscribed {
  query?: string
  operationName?: string
  variables?: Record<string, unknown>
  user?: string
}

const WATCH = 'subscription Watch($sn: ID!, $times: Int) { changed(sn: $sn) { sn version twice(times: $times) } }'

/** A server with one subscription, whose events the test makes, and which tells how often a field was resolved. */
function openServer() {
  const streams: NewestStream<Change>[] = []
  const resolved: { version: number; viewer: string | undefined }[] = []
  const lines: { err: { message: string }; requestId: string }[] = []
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const schema = createSchema<Transport & GraphqlContext>({
    typeDefs: `
      type Query { _: Int }
      type Change { sn: ID! version: Int! twice(times: Int): Int broken: Int }
      type Subscription { changed(sn: ID!): Change! }`,
    resolvers: {
      Subscription: {
        changed: {
          subscribe: () => {
            const stream = new NewestStream<Change>()
            streams.push(stream)
            return stream
          },
          resolve: (change: Change) => change,
        },
      },
      Change: {
        twice: async ({ version }: Change, { times = 2 }: { times?: number }, { viewer }) => {
          resolved.push({ version, viewer: viewer?.id })
          return Promise.resolve(version * times)
        },
        broken: () => {
          throw new Error('the password is hunter2')
        },
      },
    },
  })
  const deps = { log, metrics: openMetrics(), config: { production: true } as AppConfig }
  const yoga = createYoga<Transport, GraphqlContext>({ schema, plugins: [useSharedResults(deps)], logging: false })

  const subscribe = async ({
    query = WATCH,
    operationName,
    variables = { sn: 'a' },
    user = 'guest',
  }: Subscribed = {}) => {
    const context = { requestId: `of ${user}`, viewer: { id: user } } as Transport & GraphqlContext
    const { schema: enveloped, parse, subscribe: run } = yoga.getEnveloped(context)
    const document = documents.get(query) ?? parse(query)
    documents.set(query, document)
    await run({ schema: enveloped, document, operationName, variableValues: variables, contextValue: context })
    if (!context.texts) throw new Error('it started no stream')
    return readTexts(context.texts)
  }
  const documents = new Map<string, ReturnType<ReturnType<typeof yoga.getEnveloped>['parse']>>()
  const offer = (change: Change) => streams.forEach((stream) => stream.offer(change))
  return { subscribe, offer, resolved, lines }
}

/** The texts one by one, each sent when the test reads the next. */
function readTexts(texts: ResultTexts) {
  const stream = new NewestStream<{ text: string }>()
  void texts.sendAll(async (text) => stream.offer({ text })).then(() => stream.end())
  return { next: () => stream.next(), return: () => texts.leave() }
}

const textOf = (data: object) => ({ done: false, value: { text: JSON.stringify({ data }) } })

describe('equal subscriptions', () => {
  test('are executed once for each event, and get the same text', async () => {
    const { subscribe, offer, resolved } = openServer()
    const streams = await Promise.all(Array.from({ length: 20 }, () => subscribe()))
    for (const version of [1, 2]) {
      const next = Promise.all(streams.map((stream) => stream.next()))
      offer({ sn: 'a', version })
      const text = textOf({ changed: { sn: 'a', version, twice: version * 2 } })
      expect(await next).toEqual(Array.from({ length: 20 }, () => text))
      expect(resolved).toHaveLength(version)
    }
  })

  test('are executed once for one that comes later, too', async () => {
    const { subscribe, offer, resolved } = openServer()
    const change = { sn: 'a', version: 1 }
    for (const stream of [await subscribe(), await subscribe()]) {
      const next = stream.next()
      offer(change)
      expect(await next).toEqual(textOf({ changed: { sn: 'a', version: 1, twice: 2 } }))
    }
    expect(resolved).toHaveLength(1)
  })

  const others: [what: string, other: Subscribed][] = [
    ['of another user', { user: 'host' }],
    ['with other variables', { variables: { sn: 'a', times: 3 } }],
    ['of another document', { query: `${WATCH} ` }],
  ]
  for (const [what, other] of others) {
    test(`share nothing with one ${what}`, async () => {
      const { subscribe, offer, resolved } = openServer()
      const next = [await subscribe(), await subscribe(other)].map((stream) => stream.next())
      offer({ sn: 'a', version: 1 })
      const texts = await Promise.all(next)
      expect(resolved.map(({ viewer }) => viewer)).toEqual(['guest', other.user ?? 'guest'])
      expect(texts[1]).toEqual(textOf({ changed: { sn: 'a', version: 1, twice: other.variables ? 3 : 2 } }))
    })
  }

  test('share nothing with another operation of the same document', async () => {
    const query = `
      subscription One { changed(sn: "a") { version twice } }
      subscription Two { changed(sn: "a") { twice } }`
    const { subscribe, offer, resolved } = openServer()
    const next = ['One', 'Two'].map(async (operationName) => (await subscribe({ query, operationName })).next())
    await expect.poll(() => (offer({ sn: 'a', version: 1 }), resolved.length)).toBeGreaterThanOrEqual(2)
    expect(await Promise.all(next)).toEqual([
      textOf({ changed: { version: 1, twice: 2 } }),
      textOf({ changed: { twice: 2 } }),
    ])
  })

  test('differ by the variables that they declare alone', async () => {
    const { subscribe, offer, resolved } = openServer()
    const noise = { variables: { sn: 'a', noise: [[['deep']]] } }
    const next = [await subscribe(), await subscribe(noise)].map((stream) => stream.next())
    offer({ sn: 'a', version: 1 })
    await Promise.all(next)
    expect(resolved).toHaveLength(1)
  })

  test('get the error of an event masked, and it is logged once', async () => {
    const { subscribe, offer, lines } = openServer()
    const query = 'subscription { changed(sn: "a") { version broken } }'
    const next = Promise.all([await subscribe({ query }), await subscribe({ query })].map((stream) => stream.next()))
    offer({ sn: 'a', version: 1 })
    for (const { value } of await next) {
      expect(JSON.parse(value?.text ?? '')).toMatchObject({
        data: { changed: { version: 1, broken: null } },
        errors: [
          { message: 'Unexpected error.', extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'of guest' } },
        ],
      })
      expect(value?.text).not.toMatch(/hunter2|unexpected"/)
    }
    expect(lines).toMatchObject([{ err: { message: 'the password is hunter2' }, requestId: 'of guest' }])
  })

  test('end one by one', async () => {
    const { subscribe, offer } = openServer()
    const [left, stays] = [await subscribe(), await subscribe()]
    const next = [left.next(), stays.next()]
    offer({ sn: 'a', version: 1 })
    await left.return()
    expect(await Promise.all(next)).toEqual([
      { done: true, value: undefined },
      textOf({ changed: { sn: 'a', version: 1, twice: 2 } }),
    ])
    expect(await left.next()).toEqual({ done: true, value: undefined })
  })
})
