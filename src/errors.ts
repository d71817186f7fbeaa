import type { Text, Texts } from './texts.ts'

/** What the expected failures of every noun say. */
const texts = {
  correctFields: (paths: string) => ({
    en: `Correct ${paths} and send the request again.`,
    zh: `请改正 ${paths} 后重新提交。`,
  }),
  notFound: (what: Text) => ({
    en: `There is no such ${what.en}, or it isn't yours. Check the number.`,
    zh: `没有这个${what.zh}，或者它不是您的。请核对编号。`,
  }),
  rateLimited: (seconds: number) => ({
    en: `Too many requests. Try again in ${seconds} s.`,
    zh: `请求太频繁，请在 ${seconds} 秒后重试。`,
  }),
  wechatSilent: {
    en: 'WeChat gives no answer at the moment. Try again in a few seconds.',
    zh: '微信暂时没有应答，请几秒后重试。',
  },
  wechatRefuses: {
    en: 'WeChat refuses this for now, and trying again doesn’t help: wait until the shop has mended it, or ask the shop.',
    zh: '微信暂时拒绝了这个操作，重试也没有用：请等商家处理，或联系商家。',
  },
} satisfies Texts

/** An error that a person reads in their language. */
export class SpokenError extends Error {
  // Not a field: logs would carry it beside `message`.
  readonly #text: Text

  constructor(text: Text, options?: ErrorOptions) {
    super(text.en, options)
    this.#text = text
  }

  /** The sentence in every language; `message` is the English one. */
  get text(): Text {
    return this.#text
  }
}

/** An expected failure: a code for programs and a sentence that says what to do. */
export abstract class DomainError extends SpokenError {
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
  /** The input field, like `livePeopleNum`, or the number that an operator gave; `text` goes on from it. */
  path: string
  /** The rule that it breaks: to the client, its `message`. */
  text: Text
}

export class InvalidInputError extends DomainError {
  static readonly code = 'INVALID_INPUT'
  static readonly description = 'Some input fields break their rules.'
  static readonly typeDescription = 'Some input fields break their rules; nothing was changed.'
  readonly code = InvalidInputError.code
  readonly fields: InvalidField[]

  /** @param text what to do, where there is more to say than to correct the fields. */
  constructor(fields: InvalidField[], text: Text = texts.correctFields(fields.map(({ path }) => path).join(', '))) {
    super(text)
    this.fields = fields
  }
}

export class NotFoundError extends DomainError {
  static readonly code = 'NOT_FOUND'
  static readonly description = 'There is no such thing, or not for this viewer.'
  readonly code = NotFoundError.code

  /** @param what the noun, like “order”. */
  constructor(what: Text) {
    super(texts.notFound(what))
  }
}

export class RateLimitedError extends DomainError {
  static readonly code = 'RATE_LIMITED'
  static readonly description = 'Too many requests of this kind.'
  readonly code = RateLimitedError.code
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number) {
    super(texts.rateLimited(retryAfterSeconds))
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
    super(retryable ? texts.wechatSilent : texts.wechatRefuses, { cause })
    this.retryable = retryable
  }
}
