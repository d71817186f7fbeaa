import { locale } from '../../kit/language.ts'
import { fromWhom, type GraphqlAnswer, heed } from './api.ts'
import { ApiError } from './api-error.ts'
import { readEvents } from './event-stream.ts'
import { readOperations } from './read-operations.ts'
import type { Gives } from './types.ts'

/** The server sends something every few seconds. A connection that is silent for so long is broken, whatever it says. */
const SILENT_MS = 40_000
/** What is refused before the stream begins. */
const REFUSALS: Record<number, string> = { 401: 'UNAUTHENTICATED', 409: 'OTHER_OPERATOR' }

export type SubscriptionName = 'boardChanged' | 'examination'

interface Reader<Name extends SubscriptionName> {
  onData: (data: Gives<Name>) => void
  /** Ends it, with an error of its own. */
  stopped: AbortSignal
}

/**
 * Reads a subscription by server-sent events, in the language that the page has now, until the server ends it.
 *
 * @throws {ApiError} when the server refuses it, and `UNREACHABLE` when it breaks off; and whatever `onData` throws.
 */
export async function readSubscription<Name extends SubscriptionName>(
  name: Name,
  { onData, stopped }: Reader<Name>,
): Promise<void> {
  for await (const data of read(readOperations[name], stopped)) onData(data as Gives<Name>)
}

/** The data that it sends. A mistake of whoever takes them isn't caught here. */
async function* read(query: string, stopped: AbortSignal): AsyncGenerator<object> {
  const broken = new AbortController()
  let timer = setTimeout(() => broken.abort(), SILENT_MS)
  const hear = () => {
    clearTimeout(timer)
    timer = setTimeout(() => broken.abort(), SILENT_MS)
  }
  try {
    const { body, requestId } = await open(query, AbortSignal.any([stopped, broken.signal]))
    for await (const event of readEvents(body, hear)) {
      if (event.name === 'complete') return
      if (event.name === 'next') yield dataIn(JSON.parse(event.data) as GraphqlAnswer, requestId)
    }
  } catch (error) {
    throw error instanceof ApiError ? error : new ApiError({ code: 'UNREACHABLE' })
  } finally {
    clearTimeout(timer)
    broken.abort()
  }
  throw new ApiError({ code: 'UNREACHABLE' })
}

interface Opened {
  body: ReadableStream<Uint8Array>
  requestId: string | undefined
}

async function open(query: string, signal: AbortSignal): Promise<Opened> {
  const response = await fetch('graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      'accept-language': locale(),
      ...fromWhom(),
    },
    body: JSON.stringify({ query }),
    signal,
  })
  const { status, ok, body } = response
  const requestId = response.headers.get('x-request-id') ?? undefined
  if (ok && body) return { body, requestId }
  heed(REFUSALS[status] ?? '')
  dataIn((await response.json()) as GraphqlAnswer, requestId)
  throw new ApiError({ code: 'UNEXPECTED', requestId })
}

function dataIn({ data, errors: [error] = [] }: GraphqlAnswer, requestId: string | undefined): object {
  if (data && !error) return data
  throw new ApiError({ code: error?.extensions?.code ?? 'UNEXPECTED', message: error?.message, requestId })
}
