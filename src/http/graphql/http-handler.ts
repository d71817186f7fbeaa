import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GraphQLError } from 'graphql'
import type { YogaServerInstance } from 'graphql-yoga'
import type { Deps } from '../../deps.ts'
import type { GraphqlContext, Transport } from '../../graphql/context.ts'
import type { SessionWatch } from '../../user/session-watch.ts'
import { SAFE_HEADERS } from '../json.ts'
import { clientAddress } from '../limits/client-address.ts'
import { createCors } from './cors.ts'
import { createDirectPost } from './direct-post.ts'
import type { EventStreams } from './event-streams.ts'
import { createGraphiql, wantsGraphiql } from './graphiql.ts'
import { watchEventStream } from './stream-slots.ts'
import { leaveForYoga, receiveBody } from './whole-body.ts'

export interface HttpHandlerInput {
  yoga: YogaServerInstance<Transport, GraphqlContext>
  /** Sends what Yoga answers. */
  answer: EventStreams['answer']
  sessions: SessionWatch
  mask: (error: unknown) => GraphQLError
  /** Whether all requests go Yoga's way, so that tests can compare with it. */
  isStock: boolean
}

/** Makes what answers `/graphql` over HTTP. */
export function createHttpHandler(
  { config, log }: Pick<Deps, 'config' | 'log'>,
  { yoga, answer, sessions, mask, isStock }: HttpHandlerInput,
): (request: IncomingMessage, response: ServerResponse) => void {
  const sendGraphiql = createGraphiql(log)
  const answerCors = createCors(config)
  const answerDirectly = createDirectPost({ yoga, mask })
  const transportOf = (request: IncomingMessage, response: ServerResponse, requestId: string): Transport => ({
    requestId,
    address: clientAddress(request, config.trustedProxies),
    authorization: request.headers.authorization,
    watchEnd: (sessionId, onEnd) => {
      const { socketLifetimeSeconds } = config.limits
      const stopWatches = [sessions.watch(sessionId, onEnd), watchEventStream(response, socketLifetimeSeconds, onEnd)]
      return () => stopWatches.forEach((stop) => stop())
    },
  })
  return (request, response) => {
    const requestId = String(response.getHeader('x-request-id') ?? randomUUID())
    response.setHeader('x-request-id', requestId)
    response.setHeaders(SAFE_HEADERS)
    if (!config.production && wantsGraphiql(request)) return sendGraphiql(request, response)
    if (answerCors(request, response)) return
    const transport = transportOf(request, response, requestId)
    if (request.method !== 'POST') return void answer(yoga, request, response, transport)
    void receiveBody(request, config.limits.bodyBytes).then((body) => {
      if (!body || (!isStock && answerDirectly(request, response, body, transport))) return
      leaveForYoga(request, body)
      void answer(yoga, request, response, transport)
    })
  }
}
