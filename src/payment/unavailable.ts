import type { Logger } from 'pino'
import { WechatUnavailableError } from '../errors.ts'
import type { WechatPayError } from '../wechat/errors.ts'

/** What a guest is told when WeChat gave no usable answer; the operator reads why, and whether it passes by itself. */
export function asUnavailable(log: Logger, error: WechatPayError): WechatUnavailableError {
  const needsOperator = error.action === 'fix-configuration'
  log[needsOperator ? 'error' : 'warn']({ err: error }, 'a guest is told to try again, because WeChat gave no answer')
  return new WechatUnavailableError({ cause: error })
}
