import { PaymentStatusChangedDocument, type PaymentStatusChangedSubscription } from '../generated/graphql.ts'
import { createHeaders, type Endpoint, type GraphqlResult, readResult } from './ask.ts'
import { createEventReader, type StreamEvent } from './event-stream.ts'
import type { ByteStream } from './platform.ts'
import type { Payment } from './result.ts'
import { type Ending, endingOf, type OpenStream, type PaymentStream } from './stream.ts'

/** The present state comes at once; a proxy that holds it back is of no use. */
const FIRST_BYTE_MS = 8_000
/** The server says something every 12 s, if only that it lives. */
const SILENCE_MS = 30_000

/** A payment's states as server-sent events, over a request of their own. */
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
    clearTimeout(silence)
    bytes?.stop()
    resolveEnded(ending)
  }
  const lose = () => end({ kind: 'LOST' })
  let silence = setTimeout(lose, FIRST_BYTE_MS)

  const read = createEventReader(({ name, data }: StreamEvent) => {
    if (name === 'complete') return end({ kind: 'COMPLETE' })
    if (name !== 'next' || isOver) return
    const answer = readResult<PaymentStatusChangedSubscription>(JSON.parse(data) as GraphqlResult)
    if (answer.ok) onPayment(answer.data.paymentStatusChanged)
    else end(endingOf(answer.problem))
  })
  const receive = (piece: Uint8Array) => {
    if (isOver) return
    clearTimeout(silence)
    silence = setTimeout(lose, SILENCE_MS)
    try {
      read(piece)
    } catch {
      // No UTF-8, or no JSON: what is on the line isn't our server's, and nothing that follows can be trusted.
      lose()
    }
  }
  const start = async () => {
    const headers = createHeaders(token, 'text/event-stream')
    const body = JSON.stringify({ query: PaymentStatusChangedDocument.toString(), variables: { sn } })
    bytes = platform.openStream(url, headers, body, receive)
    await bytes.ended
    lose()
  }
  return { ended: Promise.race([ended, start().then(() => ended)]), stop: lose }
}
