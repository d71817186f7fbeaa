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
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw new BodyTooLargeError()
    const chunks: Buffer[] = []
    let bytes = 0
    // Events, which cost a tenth of an iterator.
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= maxBytes) return chunks.push(chunk)
      request.pause()
      reject(new BodyTooLargeError())
    })
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', reject)
    request.once('close', () => {
      if (!request.readableEnded) reject(new Error('the connection ended before the request body'))
    })
  })
}
