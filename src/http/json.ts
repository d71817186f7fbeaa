import type { IncomingMessage, ServerResponse } from 'node:http'

/** For whatever isn't a page: no browser shows it in a frame, or takes it for anything but what it says it is. */
export const SAFE_HEADERS = new Map([
  ['content-security-policy', `default-src 'none'; frame-ancestors 'none'`],
  ['x-content-type-options', 'nosniff'],
])

/** Answers with `body` as JSON that no cache may store. */
export function sendJson(response: ServerResponse, status: number, body: object): void {
  if (isUnread(response.req)) response.setHeader('connection', 'close')
  response.setHeaders(SAFE_HEADERS)
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

/** Answers any method but GET and HEAD with 405. @returns whether it did. */
export function refuseOtherThanGet(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return false
  response.setHeader('allow', 'GET, HEAD')
  sendJson(response, 405, { message: 'Use GET' })
  return true
}

/** Whether more of the request's body may come: nobody knows how much, so its connection ends with the answer. */
export function isUnread({ complete, headers }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  return hasBody && !complete
}
