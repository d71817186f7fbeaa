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
  /** RFC 3339, UTC, by the machine's clock. */
  at: string
  method: string
  target: string
  /** Cut when it is long. */
  body?: string
  /** Of the answer; absent when none was sent. */
  status?: number
  /** The kind of fault that it met. */
  fault?: string
  refusal?: RefusalReason
}
