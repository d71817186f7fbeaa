/** What the caller of WeChat Pay should do next. `query` means: query by our number, and trust nothing else. */
export type WechatPayAction = 'repeat' | 'query' | 'give-up' | 'fix-configuration'

/** The policy for an error code of WeChat Pay's, finer than the {@link WechatPayAction} that follows from it. */
export type PayPolicy =
  | 'retry-same'
  | 'retry-same-slow'
  | 'retry-later'
  | 'query'
  | 'new-out-trade-no'
  | 'not-found'
  | 'fail'
  | 'config'
  | 'operator'
  | 'done-empty'

export interface WechatPayErrorFields {
  action: WechatPayAction
  /** True when WeChat may have carried out the request: only a query can tell. */
  outcomeUnknown: boolean
  httpStatus?: number
  /** WeChat's `code`, as received. */
  wechatCode?: string
  /** WeChat's `Request-ID`, which its support needs. */
  requestId?: string
  /** The policy for `wechatCode`, when the code is known. */
  policy?: PayPolicy
  /** WeChat's own message and detail, for an operator, with personal ids removed. */
  hint?: string
  cause?: unknown
}

/** WeChat Pay refused, didn't answer, or the answer isn't signed by it. Contains no secret and no openid. */
export class WechatPayError extends Error {
  override readonly name = 'WechatPayError'
  readonly action: WechatPayAction
  readonly outcomeUnknown: boolean
  readonly httpStatus?: number
  readonly wechatCode?: string
  readonly requestId?: string
  readonly policy?: PayPolicy
  readonly hint?: string

  constructor(message: string, fields: WechatPayErrorFields) {
    super(message, { cause: fields.cause })
    this.action = fields.action
    this.outcomeUnknown = fields.outcomeUnknown
    this.httpStatus = fields.httpStatus
    this.wechatCode = fields.wechatCode
    this.requestId = fields.requestId
    this.policy = fields.policy
    this.hint = fields.hint
  }

  /** Whether the same call can succeed later, without anybody mending anything. */
  get retryable(): boolean {
    return this.action === 'repeat' || this.action === 'query'
  }
}

/** One spelling of an error code of WeChat Pay's: its documentation has `ORDER_PAID`, older services `ORDERPAID`. */
export function plainCode(wechatCode: string | undefined): string {
  return wechatCode?.replaceAll('_', '').toUpperCase() ?? ''
}

export interface MiniProgramErrorFields {
  /** When a repeat can succeed: never, later without any change, or after an operator has changed something. */
  when: 'never' | 'later' | 'operator'
  /** WeChat's `errcode`; absent when no answer arrived. */
  errcode?: number
  /** True when WeChat may have carried out the request. */
  outcomeUnknown?: boolean
  /** True when the refusal is about the user, code, message or order of this call; others aren't concerned. */
  isAboutCall?: boolean
  /** Whether the same call can succeed later without anybody mending anything: by `when`, unless it says otherwise. */
  retryable?: boolean
  cause?: unknown
}

/** The mini-program API refused or didn't answer. Contains no secret, no token and no openid. */
export class MiniProgramError extends Error {
  override readonly name = 'MiniProgramError'
  readonly errcode?: number
  readonly when: 'never' | 'later' | 'operator'
  readonly outcomeUnknown: boolean
  readonly isAboutCall: boolean
  readonly retryable: boolean

  constructor(message: string, fields: MiniProgramErrorFields) {
    super(message, { cause: fields.cause })
    this.errcode = fields.errcode
    this.when = fields.when
    this.outcomeUnknown = fields.outcomeUnknown ?? false
    this.isAboutCall = fields.isAboutCall ?? false
    this.retryable = fields.retryable ?? fields.when === 'later'
  }
}

/** The input of a call breaks one of WeChat's rules; nothing was sent. */
export class WechatInputError extends Error {
  override readonly name = 'WechatInputError'
  readonly field: string

  constructor(field: string, rule: string) {
    super(`${field} ${rule}`)
    this.field = field
  }
}

/** A key or certificate that can't be used. Never contains the key. */
export class WechatKeyError extends Error {
  override readonly name = 'WechatKeyError'
}

/** A ciphertext that no configured key decrypts. One error for every cause. */
export class CipherError extends Error {
  override readonly name = 'CipherError'

  constructor(cause?: unknown) {
    super('The ciphertext cannot be opened: check that the APIv3 key is the one set on the merchant platform', {
      cause,
    })
  }
}

/** Why a signature is invalid. `signtest`: one of WeChat's own probes, which must fail. */
export type SignatureFault =
  | 'header-missing'
  | 'signature-type'
  | 'timestamp'
  | 'clock'
  | 'unknown-serial'
  | 'signtest'
  | 'signature'

/** A notice without a valid signature of WeChat Pay's: answer 401 and change nothing. */
export class InvalidNoticeError extends Error {
  override readonly name = 'InvalidNoticeError'
  readonly reason: SignatureFault

  constructor(reason: SignatureFault) {
    super(`The notice is not signed by WeChat Pay as expected (${reason})`)
    this.reason = reason
  }
}

/** A body that is signed by WeChat Pay and isn't a notice: answer 400. */
export class MalformedNoticeError extends Error {
  override readonly name = 'MalformedNoticeError'

  constructor(cause?: unknown) {
    super('The signed body is not a WeChat Pay notice', { cause })
  }
}

/**
 * A notice whose content can't be decrypted or parsed: answer 500, so that WeChat Pay repeats it, and raise an alert.
 */
export class UndecipherableNoticeError extends Error {
  override readonly name = 'UndecipherableNoticeError'
  readonly noticeId: string

  constructor(noticeId: string, problem: string, cause?: unknown) {
    super(`Notice ${noticeId}: ${problem}`, { cause })
    this.noticeId = noticeId
  }
}

/** A bill that isn't the one that WeChat Pay announced, or can't be parsed. */
export class BillError extends Error {
  override readonly name = 'BillError'
}

/** Encrypted data of a mini-program user that isn't authentic. One error for every cause. */
export class EncryptedDataError extends Error {
  override readonly name = 'EncryptedDataError'

  constructor() {
    super('The encrypted data cannot be opened: log in again and ask for it again')
  }
}
