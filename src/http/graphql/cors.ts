import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Config } from '../../config.ts'
import { isUnread } from '../json.ts'

/** What a page of a configured origin may do and see. */
const ALLOWED = new Map([
  ['access-control-allow-methods', 'GET, POST'],
  ['access-control-allow-headers', 'authorization, content-type, accept-language, x-request-id'],
  ['access-control-expose-headers', 'x-request-id, retry-after'],
  ['access-control-max-age', '7200'],
])

/**
 * Lets pages of the configured origins use the API, which takes no cookie. For others there are no headers at all.
 *
 * @returns sets the headers of an answer, and tells whether that was all: the answer to a preflight is sent.
 */
export function createCors({
  corsOrigins,
}: Pick<Config, 'corsOrigins'>): (request: IncomingMessage, response: ServerResponse) => boolean {
  if (corsOrigins.length === 0) return () => false
  return (request, response) => {
    response.setHeader('vary', 'Origin')
    const { origin = '' } = request.headers
    if (corsOrigins.includes(origin)) response.setHeader('access-control-allow-origin', origin).setHeaders(ALLOWED)
    if (request.method !== 'OPTIONS') return false
    if (isUnread(request)) response.setHeader('connection', 'close')
    response.writeHead(204, { 'content-length': '0' }).end()
    return true
  }
}
