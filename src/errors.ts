/** An expected failure: a code for programs and a sentence that says what to do. */
export abstract class DomainError extends Error {
  /** The `code` that its class declares. */
  abstract readonly code: string
}

/**
 * What the class of an expected failure declares, as static fields: all that the API says of it, but for the fields of
 * its type. A noun's `errors.ts` declares the class, and its `graphql*.ts` registers the type by `errorType`.
 */
export interface ErrorDeclaration {
  /** For programs; the class is called the same, in camel case and with `Error` at its end. */
  readonly code: string
  /** Of the code, and of the type. */
  readonly description: string
  /** Of the type, where there is more to say of it. */
  readonly typeDescription?: string
}

export interface InvalidField {
  /** The input field, like `livePeopleNum`. */
  path: string
  message: string
}

export class InvalidInputError extends DomainError {
  static readonly code = 'INVALID_INPUT'
  static readonly description = 'Some input fields break their rules.'
  static readonly typeDescription = 'Some input fields break their rules; nothing was changed.'
  readonly code = InvalidInputError.code
  readonly fields: InvalidField[]

  constructor(fields: InvalidField[]) {
    super(`Correct ${fields.map((field) => field.path).join(', ')} and send the request again.`)
    this.fields = fields
  }
}

export class NotFoundError extends DomainError {
  static readonly code = 'NOT_FOUND'
  static readonly description = 'There is no such thing, or not for this viewer.'
  readonly code = NotFoundError.code

  constructor(what: string) {
    super(`There is no such ${what}, or it isn't yours. Check the number.`)
  }
}

export class RateLimitedError extends DomainError {
  static readonly code = 'RATE_LIMITED'
  static readonly description = 'Too many requests of this kind.'
  readonly code = RateLimitedError.code
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number) {
    super(`Too many requests. Try again in ${retryAfterSeconds} s.`)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export class WechatUnavailableError extends DomainError {
  static readonly code = 'WECHAT_UNAVAILABLE'
  static readonly description = 'WeChat gave no usable answer, or refused; `retryable` says whether to try again.'
  static readonly typeDescription = 'WeChat gave no usable answer, or refused; nothing is lost.'
  readonly code = WechatUnavailableError.code
  /** Whether the same request can succeed without anybody mending anything. */
  readonly retryable: boolean

  /** @param failure.retryable true unless it says otherwise; false only where an alert tells an operator. */
  constructor({ retryable = true, cause }: { retryable?: boolean; cause?: unknown } = {}) {
    const sentence = retryable
      ? 'WeChat gives no answer at the moment. Try again in a few seconds.'
      : 'WeChat refuses this for now, and trying again doesn’t help: wait until the shop has mended it, or ask the shop.'
    super(sentence, { cause })
    this.retryable = retryable
  }
}
