import type { Endpoint } from './fault-kinds.ts'

/** Why a request was refused, for people. */
export interface RefusalReason {
  /** WeChat Pay's code, or the mini-program's errcode. */
  code: string | number
  /** As it was answered. */
  message: string
  /** What is wrong: a field of the body or the query, or a part of Authorization. */
  field?: string
  /** The rule that it broke. */
  rule: string
  /** Where WeChat describes it. */
  document?: string
}

/** A request that the sandbox was sent. */
export interface RecordedRequest {
  /** The `Request-ID` of the answer, by which a merchant's log knows it too. */
  requestId: string
  /** RFC 3339, UTC, by the machine's clock. */
  at: string
  method: string
  target: string
  /** What faults call it; absent where none can hit. */
  endpoint?: Endpoint
  headers: Record<string, string>
  /** Cut when it is long. */
  body?: string
  /** Of the answer; absent when none was sent. */
  status?: number
  /** The kind of fault that it met. */
  fault?: string
  refusal?: RefusalReason
}
