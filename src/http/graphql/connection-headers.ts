import type { IncomingMessage } from 'node:http'
import type { Plugin } from 'graphql-yoga'
import { isUnread } from '../json.ts'

/**
 * What answers say about their connection. Proxies shall pass on each event of an SSE stream at once: nginx would keep them
 * back, others compress them. A refusal of a request that wasn't read to its end ends the connection.
 */
export function useConnectionHeaders(): Plugin<object, { req?: IncomingMessage }> {
  return {
    onResponse({ response: { headers }, serverContext }) {
      if (headers.get('content-type')?.startsWith('text/event-stream')) {
        headers.set('x-accel-buffering', 'no')
        headers.set('cache-control', 'no-cache, no-transform')
      }
      if (serverContext.req && isUnread(serverContext.req)) headers.set('connection', 'close')
    },
  }
}
