import type { IncomingMessage } from 'node:http'
import type { GraphQLError } from 'graphql'
import { type GraphQLParams, getSSEProcessor, type YogaServerInstance } from 'graphql-yoga'
import type { GraphqlContext, StreamedTexts, Transport } from '../../graphql/context.ts'
import { readObject } from './direct-post.ts'
import { resultInLanguage } from './in-language.ts'
import { sendsJson } from './media-types.ts'
import type { ReceivedBody } from './whole-body.ts'

export const EVENTS = 'text/event-stream'

/**
 * The short way of nearly every event stream: one subscription, sent as JSON to be answered as events. As in direct-post.ts
 * it runs with Yoga's hooks and envelope, without a `Request` and a `Response`, whose remains fill the memory while
 * thousands connect. Where no stream starts, Yoga's own function makes the answer.
 */

export interface DirectEventsInput {
  yoga: Pick<YogaServerInstance<Transport, GraphqlContext>, 'getResultForParams' | 'fetchAPI'>
  /** The error as the caller may see it, of one that is no result. */
  mask: (error: unknown) => GraphQLError
}

/** The results of a stream that has started, or the answer that says why there are none. */
type Started = { texts: StreamedTexts } | { answer: Response }

/** Makes what runs a subscription. */
export function createDirectEvents({ yoga, mask }: DirectEventsInput) {
  // Hooks want to know the method alone; what else they need is in the transport.
  const request = new yoga.fetchAPI.Request('http://localhost/graphql', { method: 'POST' })
  const toEvents = getSSEProcessor()
  return async (params: GraphQLParams, transport: Transport): Promise<Started> => {
    let result: Parameters<typeof toEvents>[0]
    transport.startsStream = true
    try {
      result = (await yoga.getResultForParams({ params, request }, transport)) as typeof result
    } catch (error) {
      result = { errors: [mask(error)] }
    }
    const { texts } = transport
    return texts
      ? { texts }
      : { answer: await toEvents(resultInLanguage(result, transport.language), yoga.fetchAPI, EVENTS) }
  }
}

/** What the body asks for; undefined for what has to go Yoga's way. */
export function readSubscription(
  request: IncomingMessage,
  { bytes, isWhole }: ReceivedBody,
): GraphQLParams | undefined {
  if (!isWhole || request.url !== '/graphql' || !sendsJson(request)) return undefined
  if (request.headers.accept !== EVENTS) return undefined
  const params = readObject(bytes)
  // Other operations give one event, which Yoga makes of them.
  return typeof params?.query === 'string' && params.query.includes('subscription') ? params : undefined
}
