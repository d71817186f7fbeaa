import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

export interface ReceivedBody {
  bytes: Buffer
  /** False when it is larger than allowed: the rest was left unread. */
  isWhole: boolean
}

/**
 * Waits for a request's body: until it is there, a client costs its connection and these bytes alone. A body of more than
 * `maxBytes` is left as soon as that is known; the connection outlives it, for the refusal is sent over it.
 *
 * @returns undefined when the client went before.
 */
export function receiveBody(request: IncomingMessage, maxBytes: number): Promise<ReceivedBody | undefined> {
  const isAnnounced = Number(request.headers['content-length'] ?? 0) > maxBytes
  if (isAnnounced) return Promise.resolve({ bytes: Buffer.alloc(0), isWhole: false })
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    const receive = (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      if (length <= maxBytes) return
      request.off('data', receive).pause()
      resolve({ bytes: Buffer.concat(chunks), isWhole: false })
    }
    request.on('data', receive)
    request.once('end', () => resolve({ bytes: whole(chunks), isWhole: true }))
    request.once('close', () => resolve(undefined))
  })
}

/** Nearly every body comes in one piece. */
function whole(chunks: Buffer[]): Buffer {
  const [first, second] = chunks
  return first && !second ? first : Buffer.concat(chunks)
}

/** Leaves what was received in `request.body`, where Yoga looks for it. */
export function leaveForYoga(request: IncomingMessage & { body?: Readable }, { bytes }: ReceivedBody): void {
  request.body = Readable.from([bytes])
}
