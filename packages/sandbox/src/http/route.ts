import type { IncomingHttpHeaders } from 'node:http'
import type { Endpoint, Fault } from '../control/faults.ts'
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
  method: 'GET' | 'POST' | 'DELETE'
  /** What its groups match is passed to `handle` as `parts`, percent-decoded. */
  path: RegExp
  /** What faults call it; a route without can't be disturbed. */
  endpoint?: Endpoint
  handle(world: World, call: Call, parts: string[], fault: Fault | undefined): Answer | Promise<Answer>
}
