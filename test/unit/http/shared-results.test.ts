import { createSchema, createYoga } from 'graphql-yoga'
import pino from 'pino'
import { describe, expect, test } from 'vitest'
import type { AppConfig } from '../../../src/config.ts'
import type { GraphqlContext, ResultTexts, TextReceiver, Transport } from '../../../src/graphql/context.ts'
import { useSharedResults } from '../../../src/http/graphql/shared-results.ts'
import { openMetrics } from '../../../src/infra/metrics.ts'
import { NewestStream } from '../../../src/infra/newest-stream.ts'
import { requestFields, withRequestId } from '../../../src/infra/request-context.ts'
import type { Language } from '../../../src/texts.ts'

interface Change {
  sn: string
  version: number
}

interface Subscribed {
  query?: string
  operationName?: string
  variables?: Record<string, unknown>
  user?: string
  language?: Language
}

const WATCH = 'subscription Watch($sn: ID!, $times: Int) { changed(sn: $sn) { sn version twice(times: $times) } }'

/** A server with one subscription, whose events the test makes, and which tells how often a field was resolved. */
function openServer() {
  const streams: NewestStream<Change>[] = []
  const resolved: { version: number; viewer: string | undefined }[] = []
  const fields: object[] = []
  const lines: { err: { message: string }; requestId: string }[] = []
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const schema = createSchema<Transport & GraphqlContext>({
    typeDefs: `
      type Query { _: Int }
      type Change { sn: ID! version: Int! twice(times: Int): Int broken: Int }
      type Subscription { changed(sn: ID!): Change! generated: Int }`,
    resolvers: {
      Subscription: {
        generated: {
          subscribe: async function* () {
            yield { generated: 1 }
            yield { generated: 2 }
            throw new Error('no more')
          },
        },
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
          fields.push(requestFields())
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

  const start = async ({
    query = WATCH,
    operationName,
    variables = { sn: 'a' },
    user = 'guest',
    language = 'en',
  }: Subscribed = {}) => {
    const context = { requestId: `of ${user}`, viewer: { id: user }, language } as Transport & GraphqlContext
    const { schema: enveloped, parse, subscribe: run } = yoga.getEnveloped(context)
    const document = documents.get(query) ?? parse(query)
    documents.set(query, document)
    await run({ schema: enveloped, document, operationName, variableValues: variables, contextValue: context })
    if (!context.texts) throw new Error('it started no stream')
    return context.texts
  }
  const subscribe = async (subscribed?: Subscribed) => readTexts(await start(subscribed))
  const documents = new Map<string, ReturnType<ReturnType<typeof yoga.getEnveloped>['parse']>>()
  const offer = (change: Change) => streams.forEach((stream) => stream.offer(change))
  const end = () => streams.forEach((stream) => stream.end())
  return { start, subscribe, offer, end, resolved, fields, lines }
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
    ['in another language', { language: 'zh' }],
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

  test('get the error of an event in the language of each', async () => {
    const { subscribe, offer } = openServer()
    const query = 'subscription { changed(sn: "a") { broken } }'
    const streams = [await subscribe({ query }), await subscribe({ query, language: 'zh' })]
    const next = Promise.all(streams.map((stream) => stream.next()))
    offer({ sn: 'a', version: 1 })
    const errors = (await next).map(({ value }) => JSON.parse(value?.text ?? '').errors)
    expect(errors).toMatchObject([[{ message: 'Unexpected error.' }], [{ message: '出了意外的错误。' }]])
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

/** A receiver that takes a text when the test says so. */
function openReceiver() {
  const heard: unknown[] = []
  const taking: PromiseWithResolvers<void>[] = []
  const receiver: TextReceiver = {
    send(text) {
      heard.push(JSON.parse(text).data.changed.version)
      taking.push(Promise.withResolvers())
      return taking.at(-1)?.promise
    },
    end: () => void heard.push('end'),
    fail: (error) => void heard.push(error),
  }
  return { receiver, heard, taking }
}

describe('the receiver of a stream', () => {
  test('gets the newest of what it missed once it has taken a text, and the end', async () => {
    const { start, offer, end } = openServer()
    const { receiver, heard, taking } = openReceiver()
    ;(await start()).sendTo(receiver)
    offer({ sn: 'a', version: 1 })
    await expect.poll(() => heard).toEqual([1])
    for (const version of [2, 3, 4]) offer({ sn: 'a', version })
    taking[0]?.resolve()
    await expect.poll(() => heard).toEqual([1, 4])
    end()
    taking[1]?.resolve()
    await expect.poll(() => heard).toEqual([1, 4, 'end'])
  })

  test('hears why a text could not be sent', async () => {
    const { start, offer } = openServer()
    const { receiver, heard, taking } = openReceiver()
    ;(await start()).sendTo(receiver)
    offer({ sn: 'a', version: 1 })
    await expect.poll(() => heard).toEqual([1])
    const error = new Error('no connection')
    taking[0]?.reject(error)
    await expect.poll(() => heard).toEqual([1, error])
  })
})

describe('an event', () => {
  test('is executed within the request that its stream began with, for the log', async () => {
    const { subscribe, offer, fields } = openServer()
    const stream = await withRequestId('of another request', () => subscribe())
    const next = stream.next()
    withRequestId('of a notice', () => offer({ sn: 'a', version: 1 }))
    await next
    expect(fields).toEqual([{ requestId: 'of guest' }])
  })

  test('may come from any source, whose failure ends the stream', async () => {
    const { start } = openServer()
    const texts: string[] = []
    const stream = await start({ query: 'subscription { generated }' })
    const sent = stream.sendAll(async (text) => void texts.push(text))
    await expect(sent).rejects.toThrow('no more')
    expect(texts).toEqual(['{"data":{"generated":1}}', '{"data":{"generated":2}}'])
  })
})
