import type { IncomingMessage } from 'node:http'
import { PayError } from './pay-error.ts'
import type { Call } from './route.ts'

const BODY_LIMIT_BYTES = 1 << 20

/**
 * Reads a request to its end.
 *
 * @throws {PayError} PARAM_ERROR when the body is longer than 1 MiB, or isn't UTF-8.
 */
export async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > BODY_LIMIT_BYTES)
      throw new PayError('PARAM_ERROR', '请求体超过1MiB', undefined, 'The body has at most 1 MiB')
    chunks.push(chunk)
  }
  const target = request.url ?? '/'
  // Not resolved as a URL, which would change `..` and `//`.
  const [path = '', query = ''] = target.split('?', 2)
  return {
    method: request.method ?? 'GET',
    target,
    path,
    query: new URLSearchParams(query),
    headers: request.headers,
    body: readText(Buffer.concat(chunks)),
  }
}

function readText(body: Buffer): string {
  try {
    // A byte-order mark is part of what was signed.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    throw new PayError('PARAM_ERROR', '请求体不是UTF-8', undefined, 'The body must be UTF-8')
  }
}
