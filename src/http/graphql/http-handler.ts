import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GraphQLError } from 'graphql'
import type { Deps } from '../../deps.ts'
import type { Transport } from '../../graphql/context.ts'
import type { SessionWatch } from '../../user/session-watch.ts'
import { SAFE_HEADERS } from '../json.ts'
import { readLanguage } from '../language.ts'
import { clientAddress } from '../limits/client-address.ts'
import { createCors } from './cors.ts'
import type { createDirectOperation } from './direct-operation.ts'
import { createDirectPost } from './direct-post.ts'
import type { EventStreams } from './event-streams.ts'
import { createGraphiql, wantsGraphiql } from './graphiql.ts'
import { watchEventStream } from './stream-slots.ts'
import { leaveForYoga, receiveBody } from './whole-body.ts'

export interface HttpHandlerInput {
  /** Sends what Yoga answers, and writes event streams. */
  events: EventStreams
  sessions: SessionWatch
  mask: (error: unknown) => GraphQLError
  /** Without it all requests go Yoga's way, so that tests can compare with it. */
  answerDirectly: ReturnType<typeof createDirectOperation> | undefined
}

/** Makes what answers `/graphql` over HTTP. */
export function createHttpHandler(
  { config, log }: Pick<Deps, 'config' | 'log'>,
  { events, answerDirectly, sessions, mask }: HttpHandlerInput,
): (request: IncomingMessage, response: ServerResponse) => void {
  const sendGraphiql = createGraphiql(log)
  const answerCors = createCors(config)
  const post = answerDirectly && createDirectPost({ answer: answerDirectly, mask })
  const watchEnd =
    (response: ServerResponse): Transport['watchEnd'] =>
    (sessionId, onEnd) =>
      watchEventStream(response, sessions.watch(sessionId, onEnd), onEnd)
  return (request, response) => {
    const given = response.getHeader('x-request-id')
    const requestId = typeof given === 'string' ? given : randomUUID()
    if (given !== requestId) response.setHeader('x-request-id', requestId)
    response.setHeaders(SAFE_HEADERS)
    if (!config.production && wantsGraphiql(request)) return sendGraphiql(request, response)
    if (answerCors(request, response)) return
    const address = clientAddress(request, config.trustedProxies)
    const { authorization, 'accept-language': accepted } = request.headers
    const client = { requestId, address, language: readLanguage(accepted), authorization }
    const transportOf = () => ({ ...client, watchEnd: watchEnd(response) })
    if (request.method !== 'POST') return void events.answer(request, response, transportOf())
    void receiveBody(request, config.limits.bodyBytes).then((body) => {
      if (!body || post?.(request, response, body, client)) return
      const transport = transportOf()
      if (post && events.answerDirectly(request, response, body, transport)) return
      leaveForYoga(request, body)
      void events.answer(request, response, transport)
    })
  }
}
