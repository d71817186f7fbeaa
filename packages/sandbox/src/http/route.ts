import type { IncomingHttpHeaders } from 'node:http'
import type { z } from 'zod'
import type { Fault } from '../control/fault.ts'
import type { Endpoint } from '../control/fault-kinds.ts'
import type { World } from '../world.ts'

/** A request, read to its end. */
export interface Call {
  method: string
  /** Path and query, exactly as they came over the wire. */
  target: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: string
}

/** `json` is serialised and signed; `bytes` are sent as they are, unsigned; with neither, the body is empty. */
export interface Answer {
  status: number
  json?: unknown
  bytes?: Buffer
  /** Of `bytes`. */
  contentType?: string
}

export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** What a part in braces stands for is passed to `handle` as `parts`, percent-decoded. */
  path: string
  /** In a few words, for the list at `GET /`. */
  does: string
  /** Where WeChat describes the call. */
  document?: string
  /** What checks the body of a POST, or the query of another method, of the sandbox's own routes. */
  input?: z.ZodType
  /** What faults call it; a route without can't be disturbed. */
  endpoint?: Endpoint
  handle(world: World, call: Call, parts: string[], fault: Fault | undefined): Answer | Promise<Answer>
}

/** Finds the route of a call. */
export function createFinder(routes: readonly Route[]) {
  const known = routes.map((route) => ({ route, pattern: patternOf(route.path) }))
  return ({ method, path }: Call): { route: Route; parts: string[] } | undefined => {
    for (const { route, pattern } of known) {
      const match = route.method === method ? pattern.exec(path) : null
      if (match) return { route, parts: match.slice(1).map(decode) }
    }
    return undefined
  }
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', String.raw`\.`).replace(/\{\w+\}/g, '([^/]+)')}$`)
}

/** `text`, percent-decoded; unchanged where it can't be, since no number of WeChat's looks like that. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
