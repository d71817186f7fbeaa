import type { Deps } from '../deps.ts'
import { WechatUnavailableError } from '../errors.ts'
import { WechatPayError } from '../wechat/errors.ts'

/**
 * What `call` resolves to. The operator reads in the log why WeChat failed, and whether it passes by itself.
 *
 * @throws {WechatUnavailableError} in place of a {@link WechatPayError}: what a guest is told about it.
 * @throws whatever else `call` throws.
 */
export async function orUnavailable<Result>({ log }: Pick<Deps, 'log'>, call: Promise<Result>): Promise<Result> {
  try {
    return await call
  } catch (error) {
    if (!(error instanceof WechatPayError)) throw error
    const needsOperator = error.action === 'fix-configuration'
    log[needsOperator ? 'error' : 'warn']({ err: error }, 'WeChat unavailable, the guest is asked to try again')
    throw new WechatUnavailableError({ cause: error })
  }
}
