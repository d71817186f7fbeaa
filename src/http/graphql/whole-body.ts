import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

/**
 * Waits for a request's body and leaves it in `request.body`, where Yoga looks for it: until it is there, a client costs
 * its connection and these bytes alone. A body of more than `maxBytes` is left as soon as that is known, for Yoga to refuse.
 *
 * @returns false when the client went before.
 */
export async function receiveBody(request: IncomingMessage & { body?: Readable }, maxBytes: number): Promise<boolean> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return true
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    // The connection outlives what is left unread: the refusal is sent over it.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > maxBytes) break
    }
  } catch {
    return false
  }
  request.body = Readable.from([Buffer.concat(chunks)])
  return true
}
