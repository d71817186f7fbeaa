import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { GraphQLError } from 'graphql'
import { createSchema, createYoga } from 'graphql-yoga'
import pino from 'pino'
import { describe, expect, test, vi } from 'vitest'
import type { AppConfig } from '../../../src/config.ts'
import type { GraphqlContext, Transport } from '../../../src/graphql/context.ts'
import { openEventStreams } from '../../../src/http/graphql/event-streams.ts'

const SUBSCRIBE = '{"query":"subscription { nothing }"}'

function openStreams(mask = () => new GraphQLError('masked')) {
  const schema = createSchema<Transport & GraphqlContext>({
    typeDefs: 'type Query { a: Int } type Subscription { b: Int }',
  })
  const yoga = createYoga<Transport, GraphqlContext>({ schema, maskedErrors: { maskError: mask }, logging: false })
  const config = { limits: { socketLifetimeSeconds: 60 } } as AppConfig
  return openEventStreams({ config, log: pino({ level: 'silent' }) }, { yoga, mask })
}

interface Sent {
  url?: string
  accept?: string
  contentType?: string
  body?: string
  language?: string
  isWhole?: boolean
}

/** Asks for a stream, as a client that may be gone. */
function ask(streams: ReturnType<typeof openStreams>, sent: Sent = {}, isGone = false) {
  const { url = '/graphql', accept = 'text/event-stream', contentType = 'application/json' } = sent
  const { body = SUBSCRIBE, language, isWhole = true } = sent
  const headers = { accept, 'content-type': contentType, 'accept-language': language }
  const request = Object.assign(new IncomingMessage(new Socket()), { method: 'POST', url, headers })
  const response = new ServerResponse(request)
  if (isGone) response.destroy()
  const isDirect = streams.answerDirectly(request, response, { bytes: Buffer.from(body), isWhole }, {} as Transport)
  return { isDirect, response }
}

describe('the short way of event streams', () => {
  const others: [what: string, sent: Sent][] = [
    ['another path', { url: '/graphql?a=1' }],
    ['other media types, too', { accept: 'text/event-stream, application/json' }],
    ['no JSON', { contentType: 'text/plain' }],
    ['a query', { body: '{"query":"{ a }"}' }],
    ['a batch', { body: `[${SUBSCRIBE}]` }],
    ['malformed JSON', { body: SUBSCRIBE.slice(1) }],
    ['a body that was left unread', { isWhole: false }],
  ]

  test('takes one subscription to be answered as events', async () => {
    const streams = openStreams()
    const { isDirect, response } = ask(streams)
    expect(isDirect).toBe(true)
    await expect.poll(() => response.writableEnded).toBe(true)
    streams.close()
  })

  test.for(others)('leaves %s to Yoga', ([, sent]) => {
    const streams = openStreams()
    expect(ask(streams, sent).isDirect).toBe(false)
    streams.close()
  })
})

describe('a subscription that can’t be answered', () => {
  test.for([
    [undefined, 'Unexpected error.'],
    ['zh-CN', '出了意外的错误。'],
  ] as const)('says so in the language that is asked for: %s', async ([language, message]) => {
    const streams = openStreams(() => {
      throw new Error('no mask')
    })
    const { response } = ask(streams, { body: '{"query":"subscription {"}', language })
    const end = vi.spyOn(response, 'end')
    await expect.poll(() => response.writableEnded).toBe(true)
    expect(response.statusCode).toBe(500)
    expect(end.mock.calls).toMatchObject([[JSON.stringify({ message })]])
    streams.close()
  })
})

describe('a subscription that is refused when its client is gone', () => {
  test('leaves no timer', async () => {
    const streams = openStreams()
    streams.close()
    const started = vi.spyOn(globalThis, 'setInterval')
    const stopped = vi.spyOn(globalThis, 'clearInterval')
    expect(ask(streams, {}, true).isDirect).toBe(true)
    await expect.poll(() => started.mock.results.length).toBe(1)
    await expect.poll(() => stopped.mock.calls).toContainEqual([started.mock.results[0]?.value])
  })
})
