import { PaymentStatusChangedDocument, type PaymentStatusChangedSubscription } from '../generated/graphql.ts'
import { createEventReader, type StreamEvent } from './event-stream.ts'
import type { ByteStream } from './platform.ts'
import { createHeaders, type Endpoint, type GraphqlResult, readResult } from './request.ts'
import type { Payment } from './result.ts'
import { type Ending, endingOf, type OpenStream, type PaymentStream } from './stream.ts'

/** The server sends the current state at once; a proxy that buffers it is no use as a stream. */
const FIRST_BYTE_TIMEOUT_MS = 8_000
/** The server sends a keep-alive at least every 12 s. */
const SILENCE_TIMEOUT_MS = 30_000

/** A payment's states as server-sent events, one request per payment. */
export function createEventStreams(endpoint: Endpoint): OpenStream {
  return (sn, token, onPayment) => openEventStream(endpoint, { sn, token }, onPayment)
}

function openEventStream(
  { url, platform }: Endpoint,
  { sn, token }: { sn: string; token: string },
  onPayment: (payment: Payment) => void,
): PaymentStream {
  let bytes: ByteStream | undefined
  let isOver = false
  let resolveEnded: (ending: Ending) => void
  const ended = new Promise<Ending>((resolve) => {
    resolveEnded = resolve
  })
  const end = (ending: Ending) => {
    isOver = true
    clearTimeout(silenceTimer)
    bytes?.stop()
    resolveEnded(ending)
  }
  const lose = () => end({ kind: 'LOST' })
  let silenceTimer = setTimeout(lose, FIRST_BYTE_TIMEOUT_MS)

  const read = createEventReader(({ name, data }: StreamEvent) => {
    if (name === 'complete') return end({ kind: 'COMPLETE' })
    if (name !== 'next' || isOver) return
    const answer = readResult<PaymentStatusChangedSubscription>(JSON.parse(data) as GraphqlResult)
    if (answer.ok) onPayment(answer.data.paymentStatusChanged)
    else end(endingOf(answer.problem))
  })
  const receive = (chunk: Uint8Array) => {
    if (isOver) return
    clearTimeout(silenceTimer)
    silenceTimer = setTimeout(lose, SILENCE_TIMEOUT_MS)
    try {
      read(chunk)
    } catch {
      // Not UTF-8, or not JSON: something other than our server is answering, and nothing after this can be trusted.
      lose()
    }
  }
  const start = async () => {
    const headers = createHeaders(platform, token, 'text/event-stream')
    const body = JSON.stringify({ query: PaymentStatusChangedDocument.toString(), variables: { sn } })
    bytes = platform.openStream(url, headers, body, receive)
    await bytes.ended
    lose()
  }
  return { ended: Promise.race([ended, start().then(() => ended)]), stop: lose }
}
