import type { IncomingMessage } from 'node:http'
import { isLoopback } from '../wechat/loopback.ts'

/** Under which names of its own a console answers, and which pages may ask it something. */
export interface Doors {
  /**
   * Whom the console refuses before anything else: another Host (a name that somebody else has pointed here), and another
   * Origin. What changes something must say its Origin, as every browser does.
   *
   * @returns the status of the refusal.
   */
  refuse(request: IncomingMessage): 421 | 403 | undefined
  /** Whether a request comes from a page of the console's, from no page at all, or from who doesn't say. */
  isOwn(request: IncomingMessage): boolean
}

/** @param url by which operators reach the console. */
export function createDoors(url: string): Doors {
  const origins = originsOf(new URL(url))
  const hosts = new Set([...origins].map((origin) => new URL(origin).host))
  return {
    refuse: ({ headers: { host, origin }, method }) => {
      if (!hosts.has(host?.toLowerCase() ?? '')) return 421
      const isReading = method === 'GET' || method === 'HEAD'
      if (origin === undefined ? !isReading : !origins.has(origin)) return 403
      return undefined
    },
    isOwn: ({ headers }) => [undefined, 'same-origin', 'none'].includes(header(headers['sec-fetch-site'])),
  }
}

/** A console of this machine alone is the same by each of its names. */
function originsOf({ origin, protocol, hostname, port }: URL): Set<string> {
  if (!isLoopback(hostname)) return new Set([origin])
  const names = ['127.0.0.1', 'localhost', '[::1]']
  return new Set([origin, ...names.map((name) => new URL(`${protocol}//${name}:${port}`).origin)])
}

function header(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
