/** What a caller can be told. */
export type ErrorCode =
  | 'INVALID_INPUT'
  | 'NOT_FOUND'
  | 'LOGIN_CODE_INVALID'
  | 'HOMESTAY_UNAVAILABLE'
  | 'TOO_MANY_UNPAID_ORDERS'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'ORDER_NOT_PAYABLE'
  | 'ORDER_ALREADY_PAID'
  | 'ORDER_NOT_CANCELLABLE'
  | 'ORDER_NOT_REFUNDABLE'
  | 'TRADE_CODE_INVALID'
  | 'RATE_LIMITED'
  | 'WECHAT_UNAVAILABLE'

/** An expected failure: a code for programs and a sentence that says what to do. */
export abstract class DomainError extends Error {
  abstract readonly code: ErrorCode
}

export interface InvalidField {
  /** The input field, like `livePeopleNum`. */
  path: string
  message: string
}

/** Some input fields break their rules; nothing was changed. */
export class InvalidInputError extends DomainError {
  readonly code = 'INVALID_INPUT'
  readonly fields: InvalidField[]

  constructor(fields: InvalidField[]) {
    super(`Correct ${fields.map((field) => field.path).join(', ')} and send the request again.`)
    this.fields = fields
  }
}

/** The thing doesn't exist, or not for this viewer. */
export class NotFoundError extends DomainError {
  readonly code = 'NOT_FOUND'

  constructor(what: string) {
    super(`There is no such ${what}, or it isn't yours. Check the number.`)
  }
}

/** Too many requests of this kind; repeat after `retryAfterSeconds`. */
export class RateLimitedError extends DomainError {
  readonly code = 'RATE_LIMITED'
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number) {
    super(`Too many requests. Try again in ${retryAfterSeconds} s.`)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** WeChat gave no usable answer; nothing is lost, and the same request may be repeated. */
export class WechatUnavailableError extends DomainError {
  readonly code = 'WECHAT_UNAVAILABLE'

  constructor(options?: { cause?: unknown }) {
    super('WeChat gives no answer at the moment. Try again in a few seconds.', options)
  }
}
