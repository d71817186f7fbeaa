import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Plugin, YogaServerInstance } from 'graphql-yoga'
import type { Deps } from '../../deps.ts'
import type { GraphqlContext, StreamedTexts, Transport } from '../../graphql/context.ts'
import { sendJson } from '../json.ts'
import { readLanguage } from '../language.ts'
import { requestTexts } from '../texts.ts'
import { makeUnbuffered, UNBUFFERED } from './connection-headers.ts'
import { createDirectEvents, type DirectEventsInput, EVENTS, readSubscription } from './direct-events.ts'
import { openEventWriter } from './event-writer.ts'
import type { ReceivedBody } from './whole-body.ts'

/**
 * Server-sent events of subscriptions, in the form that Yoga gives them: "distinct connections mode" of GraphQL over SSE,
 * https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverSSE.md. Yoga decides about each request and runs
 * its operation; once there is a stream, its results are written by event-writer.ts, for Yoga's pipe of web streams takes
 * several times the memory of the connection.
 */

type Yoga = YogaServerInstance<Transport, GraphqlContext>

/** What Yoga gets of a request that accepts events. */
type EventContext = Transport & {
  req: IncomingMessage
  res: ServerResponse
  /** What we shall write. */
  written?: StreamedTexts
}

export interface EventStreams {
  /** Answers a request by Yoga, and writes the stream if there is one. Never rejects. */
  answer: (request: IncomingMessage, response: ServerResponse, transport: Transport) => Promise<void>
  /** The same past Yoga's pipeline; returns false when it has to go that way. */
  answerDirectly: (
    request: IncomingMessage,
    response: ServerResponse,
    body: ReceivedBody,
    transport: Transport,
  ) => boolean
  /** Stops keeping streams alive. */
  close: () => void
}

const STREAM_HEADERS = { 'content-type': EVENTS, 'content-encoding': 'none' }
const DIRECT_HEADERS = new Map([...Object.entries(STREAM_HEADERS), ...UNBUFFERED])
/** What is left of a request whose stream is open. */
const FORGOTTEN = { body: undefined, rawHeaders: Object.freeze([]), headers: Object.freeze({}) }

/** Leaves streams to `EventStreams`: in place of their body, Yoga answers with their headers alone. */
export function useEventStreams(): Plugin<object, Partial<EventContext>> {
  return {
    onResultProcess({ serverContext, resultProcessor, setResultProcessor }) {
      const { texts } = serverContext
      // Where Yoga has a processor for a stream, its client takes events.
      if (!texts || !resultProcessor) return
      setResultProcessor((_result, fetchAPI) => {
        serverContext.written = texts
        return new fetchAPI.Response(null, { status: 200, headers: STREAM_HEADERS })
      }, EVENTS)
    },
  }
}

interface EventStreamsInput extends DirectEventsInput {
  yoga: Yoga
}

export function openEventStreams(
  { config, log }: Pick<Deps, 'config' | 'log'>,
  { yoga, mask }: EventStreamsInput,
): EventStreams {
  const writer = openEventWriter({ lifetimeSeconds: config.limits.socketLifetimeSeconds })
  const start = createDirectEvents({ yoga, mask })
  const fail = (response: ServerResponse, error: unknown) => {
    const requestId = response.getHeader('x-request-id')
    log.error({ err: error, requestId }, 'request of GraphQL could not be answered')
    if (response.headersSent) response.destroy()
    else
      sendJson(response, 500, {
        message: requestTexts.unexpected[readLanguage(response.req.headers['accept-language'])],
      })
  }
  const write = async (request: IncomingMessage, response: ServerResponse, { texts, headers }: Started) => {
    if (response.destroyed) return texts.leave()
    response.setHeaders(headers)
    forget(request)
    writer.write(response, texts, fail)
  }
  return {
    async answer(request, response, transport) {
      const context: EventContext = { ...transport, req: request, res: response }
      try {
        const { answering, forgetYoga } = handOver(yoga, request, response, context)
        const answer = await answering
        if (!context.written) return await sendWhole(response, answer)
        forgetYoga()
        await write(request, response, { texts: context.written, headers: answer.headers })
      } catch (error) {
        fail(response, error)
      }
    },
    answerDirectly(request, response, body, transport) {
      const params = readSubscription(request, body)
      if (!params) return false
      start(params, transport)
        .then((started) => {
          if ('texts' in started) return write(request, response, { ...started, headers: DIRECT_HEADERS })
          makeUnbuffered(started.answer.headers)
          return sendWhole(response, started.answer)
        })
        .catch((error: unknown) => fail(response, error))
      return true
    },
    close: writer.stop,
  }
}

/** A stream that has started, and the headers of its response. */
interface Started {
  texts: StreamedTexts
  headers: Headers | Map<string, string>
}

/** Sends what is over. Also for a client that is gone it is read to its end: until then it keeps a timer. */
async function sendWhole(response: ServerResponse, answer: Response): Promise<void> {
  const text = await answer.text()
  if (response.destroyed) return
  response.setHeaders(answer.headers)
  response.statusCode = answer.status
  response.end(text)
}

/** Lets go of a request that was read to its end. */
function forget(request: IncomingMessage): void {
  request.removeAllListeners()
  Object.assign(request, FORGOTTEN)
}

/**
 * Has Yoga answer. What it hears of the response holds all that it made of it: with `forgetYoga` that goes, for a stream
 * that is open for long and written by ourselves.
 */
function handOver(yoga: Yoga, request: IncomingMessage, response: ServerResponse, context: EventContext) {
  const heard = ['close', 'error', 'finish'].map((event) => ({ event, before: response.rawListeners(event) }))
  const answering = yoga.handleNodeRequestAndResponse(request, response, context)
  // It has begun to listen before it waited for anything.
  const listening = heard.map(({ event, before }) => ({
    event,
    listeners: response.rawListeners(event).filter((each) => !before.includes(each)),
  }))
  const forgetYoga = () => {
    for (const { event, listeners } of listening)
      for (const each of listeners) response.off(event, each as (...args: unknown[]) => void)
  }
  return { answering, forgetYoga }
}
