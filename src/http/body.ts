import type { IncomingMessage } from 'node:http'

export class BodyTooLargeError extends Error {
  constructor() {
    super('the request body is too large')
  }
}

/**
 * The request's body, byte for byte.
 *
 * @throws {BodyTooLargeError} as soon as it is known to exceed `maxBytes`.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw new BodyTooLargeError()
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new BodyTooLargeError()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
