import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GraphQLError } from 'graphql'
import { type FetchAPI, type GraphQLParams, processRegularResult } from 'graphql-yoga'
import type { Transport } from '../../graphql/context.ts'
import type { createDirectOperation } from './direct-operation.ts'
import { inLanguage, resultInLanguage } from './in-language.ts'
import { resultTypeFor, sendsJson } from './media-types.ts'
import type { ReceivedBody } from './whole-body.ts'

/**
 * The short way of nearly every request: one query or mutation, sent as JSON to be answered as JSON. It is run by the
 * functions that Yoga's plugins are made of (direct-operation.ts), and its result is made an answer by Yoga's own function;
 * left out are Yoga's ways there and back, through the streams of a `Request` and a `Response`, and through its hooks.
 * Whatever isn't surely one operation goes Yoga's way: every other method and media type, and a body that isn't one object
 * (docs/decisions/direct-post.md). Subscriptions have a short way of their own, direct-events.ts.
 */

interface DirectPostInput {
  answer: ReturnType<typeof createDirectOperation>
  /** The error as the caller may see it, of one that is no result. */
  mask: (error: unknown) => GraphQLError
}

/** @returns answers a request, or returns false when it has to go Yoga's way. */
export function createDirectPost({ answer, mask }: DirectPostInput) {
  const post = async (response: ServerResponse, { params, mediaType }: DirectOperation, client: Client) => {
    try {
      const result = (await answer(params, { ...client, watchEnd })) as Result
      send(response, resultInLanguage(result, client.language), mediaType)
    } catch (error) {
      send(response, { errors: [inLanguage(mask(error), client.language)] }, mediaType)
    }
  }
  return (received: IncomingMessage, response: ServerResponse, body: ReceivedBody, client: Client): boolean => {
    const operation = readOperation(received, body)
    if (operation) void post(response, operation, client)
    return operation !== undefined
  }
}

/** The same for all: what the context of an operation refers to lives on until the old generation is collected. */
function watchEnd(): never {
  throw new Error('No stream is sent this way')
}

type Client = Omit<Transport, 'watchEnd'>

type Result = Parameters<typeof processRegularResult>[0]

/** What Yoga makes of a result, as it gives it to a `Response`, which costs more than everything else about an answer. */
class Answer {
  readonly body: string
  readonly status: number
  readonly headers: Record<string, string>

  /** @param body null for what is no result. */
  constructor(body: string | null, { status, headers }: { status: number; headers: Record<string, string> }) {
    this.body = body ?? ''
    this.status = status
    this.headers = headers
  }
}

const ANSWERS = { Response: Answer } as unknown as FetchAPI

function send(response: ServerResponse, result: Result, mediaType: string): void {
  if (response.destroyed) return
  const { status, headers, body } = processRegularResult(result, ANSWERS, mediaType) as unknown as Answer
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.setHeader('content-length', Buffer.byteLength(body))
  response.statusCode = status
  response.end(body)
}

interface DirectOperation {
  params: GraphQLParams
  /** Of the answer. */
  mediaType: string
}

/** Undefined for what has to go Yoga's way. */
function readOperation(request: IncomingMessage, { bytes, isWhole }: ReceivedBody): DirectOperation | undefined {
  if (!isWhole || request.url !== '/graphql' || !sendsJson(request)) return undefined
  const mediaType = resultTypeFor(request)
  const params = mediaType === undefined ? undefined : readObject(bytes)
  if (mediaType === undefined || params === undefined) return undefined
  // Of a subscription the query has this word, whatever its operation is called.
  if (typeof params.query === 'string' && params.query.includes('subscription')) return undefined
  return { params, mediaType }
}

/** The object that a body is as JSON; undefined for any other. */
export function readObject(json: Buffer): GraphQLParams | undefined {
  try {
    const value: unknown = JSON.parse(json.toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
