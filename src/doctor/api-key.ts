import type { Text } from '../texts.ts'
import { CipherError } from '../wechat/errors.ts'
import type { WechatPay } from '../wechat/merchant.ts'
import { WrongError } from './finding.ts'
import { remedyTexts } from './remedies.ts'
import { wrongTexts } from './texts.ts'

type Open<Result> = (wechat: WechatPay) => Result | Promise<Result>

/**
 * The result of `open` with the present APIv3 key alone. The previous key, which decrypts too while the key is being
 * changed, would hide that the present one is wrong.
 *
 * @param what the finding's name for what is decrypted.
 * @param otherwise thrown when no key decrypts it.
 * @throws {WrongError} when the present key doesn't decrypt it.
 */
export async function openByPresentKey<Result>(
  wechat: WechatPay,
  open: Open<Result>,
  { what, otherwise }: { what: Text; otherwise: WrongError },
): Promise<Result> {
  const present = await unlessSealed({ ...wechat, apiV3Keys: wechat.apiV3Keys.slice(0, 1) }, open)
  if (present) return present.result
  const hasPrevious = wechat.apiV3Keys.length > 1
  if (!hasPrevious || !(await unlessSealed(wechat, open))) throw otherwise
  throw new WrongError(wrongTexts.onlyPreviousKey(what), remedyTexts.completeKeyChange)
}

async function unlessSealed<Result>(wechat: WechatPay, open: Open<Result>): Promise<{ result: Result } | null> {
  try {
    return { result: await open(wechat) }
  } catch (error) {
    if (error instanceof CipherError) return null
    throw error
  }
}
