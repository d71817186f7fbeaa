import { DomainError } from '../errors.ts'
import { userTexts } from './texts.ts'

export class LoginCodeInvalidError extends DomainError {
  static readonly code = 'LOGIN_CODE_INVALID'
  static readonly description = 'WeChat doesn’t know the code, or it was used already.'
  static readonly typeDescription = 'WeChat doesn’t know one of the codes, or it was used already.'
  readonly code = LoginCodeInvalidError.code

  constructor(options?: { cause?: unknown }) {
    super(userTexts.codeRefused, options)
  }
}
