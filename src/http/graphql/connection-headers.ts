import type { IncomingMessage } from 'node:http'
import type { Plugin } from 'graphql-yoga'
import { isUnread } from '../json.ts'

/** Proxies shall pass on each event at once: nginx would keep them back, others compress them. */
export const UNBUFFERED: ReadonlyMap<string, string> = new Map([
  ['x-accel-buffering', 'no'],
  ['cache-control', 'no-cache, no-transform'],
])

/** Lets the answer to a request for events through such proxies. Whether its connection is kept, its client decides. */
export function makeUnbuffered(headers: Headers): void {
  for (const [name, value] of UNBUFFERED) headers.set(name, value)
  headers.delete('connection')
}

/**
 * What answers say about their connection: event streams that they aren't buffered. A refusal of a request that wasn't
 * read to its end ends the connection.
 */
export function useConnectionHeaders(): Plugin<object, { req?: IncomingMessage }> {
  return {
    onResponse({ response: { headers }, serverContext }) {
      if (headers.get('content-type')?.startsWith('text/event-stream')) makeUnbuffered(headers)
      if (serverContext.req && isUnread(serverContext.req)) headers.set('connection', 'close')
    },
  }
}
