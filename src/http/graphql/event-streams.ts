import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Plugin, YogaServerInstance } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { GraphqlContext, ResultTexts, Transport } from '../../graphql/context.ts'
import { sendJson } from '../json.ts'
import { UNREAD_MS } from '../limits/connections.ts'

/**
 * Server-sent events of subscriptions, in the form that Yoga gives them: "distinct connections mode" of GraphQL over SSE,
 * https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverSSE.md. Yoga decides about each request and runs
 * its operation; once there is a stream, its results are written here, for Yoga's pipe of web streams takes several times
 * the memory of the connection.
 */

const KEEP_ALIVE = ':\n\n'
const COMPLETE = 'event: complete\ndata:\n\n'
/** Clients take a stream for lost after 30 s of silence. Each is written to in one of so many sweeps. */
const SWEEPS = 12
const SWEEP_EVERY_MS = 1_000

type Yoga = YogaServerInstance<Transport, GraphqlContext>

/** What Yoga gets of a request that accepts events. */
type EventContext = Transport & {
  req: IncomingMessage
  res: ServerResponse
  /** What this file shall write. */
  written?: ResultTexts
}

export interface EventStreams {
  /** Answers a request by Yoga, and writes the stream if there is one. Never rejects. */
  answer: (yoga: Yoga, request: IncomingMessage, response: ServerResponse, transport: Transport) => Promise<void>
  /** Stops keeping streams alive. */
  close: () => void
}

/** Leaves streams to `EventStreams`: in place of their body, Yoga answers with their headers alone. */
export function useEventStreams(): Plugin<object, Partial<EventContext>> {
  return {
    onResultProcess({ serverContext, resultProcessor, setResultProcessor }) {
      const { texts } = serverContext
      // Where Yoga has a processor for a stream, its client takes events.
      if (!texts || !resultProcessor) return
      setResultProcessor((_result, fetchAPI) => {
        serverContext.written = texts
        const headers = { 'content-type': 'text/event-stream', connection: 'keep-alive', 'content-encoding': 'none' }
        return new fetchAPI.Response(null, { status: 200, headers })
      }, 'text/event-stream')
    },
  }
}

export function openEventStreams(log: Logger): EventStreams {
  const keepAlive = keepStreamsAlive()
  const fail = (response: ServerResponse, requestId: string, error: unknown) => {
    log.error({ err: error, requestId }, 'request of GraphQL could not be answered')
    if (response.headersSent) response.destroy()
    else sendJson(response, 500, { message: 'Unexpected error.' })
  }
  return {
    async answer(yoga, request, response, transport) {
      const { requestId } = transport
      const context: EventContext = { ...transport, req: request, res: response }
      try {
        const { answering, forget } = handOver(yoga, request, response, context)
        const answer = await answering
        if (response.destroyed) return await context.written?.leave()
        response.setHeaders(answer.headers)
        response.statusCode = answer.status
        if (!context.written) return void response.end(await answer.text())
        keepAlive.add(response)
        forget()
        // Not awaited: what has been needed to start it goes.
        writeEvents(response, context.written).catch((error: unknown) => fail(response, requestId, error))
      } catch (error) {
        fail(response, requestId, error)
      }
    },
    close: keepAlive.stop,
  }
}

/**
 * Has Yoga answer. What it hears of the response, and its request, hold all that it made of them: with `forget` they go,
 * for a stream that is open for long and written here.
 */
function handOver(yoga: Yoga, request: IncomingMessage, response: ServerResponse, context: EventContext) {
  const heard = ['close', 'error', 'finish'].map((event) => ({ event, before: response.rawListeners(event) }))
  const answering = yoga.handleNodeRequestAndResponse(request, response, context)
  // It has begun to listen before it waited for anything.
  const listening = heard.map(({ event, before }) => ({
    event,
    listeners: response.rawListeners(event).filter((each) => !before.includes(each)),
  }))
  const forget = () => {
    for (const { event, listeners } of listening)
      for (const each of listeners) response.off(event, each as (...args: unknown[]) => void)
    for (const event of ['data', 'end', 'close']) request.removeAllListeners(event)
    Object.assign(request, { body: undefined, rawHeaders: [], headers: {} })
  }
  return { answering, forget }
}

/**
 * Writes results as events, until the stream is over or the client is gone. What a client doesn't read within `UNREAD_MS`
 * ends its connection: once the stream is over, nothing else would.
 */
function writeEvents(response: ServerResponse, texts: ResultTexts): Promise<void> {
  // It is quiet for as long as the payment is: the limits on idle connections aren't meant for it.
  response.socket?.setTimeout(0).setNoDelay(true).setKeepAlive(true)
  response.write(KEEP_ALIVE)
  return texts.sendAll((text) => writeEvent(response, text)).then(() => complete(response))
}

async function writeEvent(response: ServerResponse, text: string): Promise<void> {
  if (response.destroyed || response.write(`event: next\ndata: ${text}\n\n`)) return
  await taken(response, 'drain')
}

async function complete(response: ServerResponse): Promise<void> {
  if (response.destroyed) return
  response.end(COMPLETE)
  await taken(response, 'finish')
}

/** Resolves once the client has read enough, or all, or is gone. */
function taken(response: ServerResponse, event: 'drain' | 'finish'): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => response.destroy(), UNREAD_MS)
    const done = () => {
      clearTimeout(timer)
      response.off(event, done).off('close', done)
      resolve()
    }
    response.once(event, done).once('close', done)
  })
}

/** Writes to open streams now and then, so that no proxy takes them for idle, and clients notice that one is lost. */
function keepStreamsAlive() {
  const turns = Array.from({ length: SWEEPS }, () => new Set<ServerResponse>())
  let turn = 0
  const timer = setInterval(() => {
    turn = (turn + 1) % SWEEPS
    for (const response of turns[turn] ?? []) {
      // What a client doesn't read needn't grow.
      if (!response.writableNeedDrain && !response.writableEnded) response.write(KEEP_ALIVE)
    }
  }, SWEEP_EVERY_MS)
  return {
    add(response: ServerResponse) {
      const streams = turns[Math.floor(Math.random() * SWEEPS)]
      streams?.add(response)
      response.on('close', () => streams?.delete(response))
    },
    stop: () => clearInterval(timer),
  }
}
