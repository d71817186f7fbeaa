import type { IncomingHttpHeaders } from 'node:http'
import type { Endpoint, Fault } from '../control/faults.ts'
import type { World } from '../world.ts'

export interface Call {
  method: string
  /** Path and query exactly as on the wire. */
  target: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: string
}

/** `json` is serialised, `bytes` go out as they are and unsigned; without either the body is empty. */
export interface Answer {
  status: number
  json?: unknown
  bytes?: Buffer
}

export interface Route {
  method: 'GET' | 'POST' | 'DELETE'
  /** Its groups are handed on, percent-decoded. */
  path: RegExp
  endpoint?: Endpoint
  handle(world: World, call: Call, parts: string[], fault: Fault | undefined): Answer | Promise<Answer>
}
