import { DomainError } from '../errors.ts'

/** WeChat refuses the code: it is unknown, expired, or was used before. */
export class LoginCodeInvalidError extends DomainError {
  readonly code = 'LOGIN_CODE_INVALID'

  constructor(options?: { cause?: unknown }) {
    super('WeChat refuses this code. A code works once and for 5 minutes: get a new one and sign in again.', options)
  }
}
