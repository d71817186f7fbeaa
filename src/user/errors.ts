import { DomainError } from '../errors.ts'

export class LoginCodeInvalidError extends DomainError {
  static readonly code = 'LOGIN_CODE_INVALID'
  static readonly description = 'WeChat doesn’t know the code, or it was used already.'
  static readonly typeDescription = 'WeChat doesn’t know one of the codes, or it was used already.'
  readonly code = LoginCodeInvalidError.code

  constructor(options?: { cause?: unknown }) {
    super('WeChat refuses this code. A code works once and for 5 minutes: get a new one and sign in again.', options)
  }
}
