import type { Deps } from '../deps.ts'
import { WechatUnavailableError } from '../errors.ts'
import { WechatPayError } from '../wechat/errors.ts'

/**
 * The result of `call`, with a {@link WechatPayError} logged for the operator and translated for the guest.
 *
 * @throws {WechatUnavailableError} in place of a {@link WechatPayError}.
 * @throws whatever else `call` throws.
 */
export async function orUnavailable<Result>({ log }: Pick<Deps, 'log'>, call: Promise<Result>): Promise<Result> {
  try {
    return await call
  } catch (error) {
    if (!(error instanceof WechatPayError)) throw error
    const { retryable } = error
    log.warn({ err: error, retryable }, 'WeChat call failed, the guest was told whether to try again')
    throw new WechatUnavailableError({ retryable, cause: error })
  }
}
