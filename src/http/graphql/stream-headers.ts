import type { Plugin } from 'graphql-yoga'

/** Tells proxies to pass on each event of an SSE stream at once: nginx would keep them back, others compress them. */
export function useStreamHeaders(): Plugin {
  return {
    onResponse({ response: { headers } }) {
      if (!headers.get('content-type')?.startsWith('text/event-stream')) return
      headers.set('x-accel-buffering', 'no')
      headers.set('cache-control', 'no-cache, no-transform')
    },
  }
}
