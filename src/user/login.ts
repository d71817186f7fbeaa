import type { User } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { type InvalidField, InvalidInputError, WechatUnavailableError } from '../errors.ts'
import { isBusy } from '../infra/pool.ts'
import type { Text } from '../texts.ts'
import { MiniProgramError } from '../wechat/errors.ts'
import { codeToSession, getPhoneNumber } from '../wechat/mini-program.ts'
import { LoginCodeInvalidError } from './errors.ts'
import { formatPhone } from './phone.ts'
import { type StartedSession, startSession } from './session.ts'
import { userTexts } from './texts.ts'
import { findOrCreateUser } from './user.ts'

export interface LoginInput {
  /** From `wx.login`. */
  code: string
  /** From a `getPhoneNumber` button; another code than `code`. */
  phoneCode?: string | null
}

const MAX_CODE_LENGTH = 256

/**
 * Signs in the WeChat user behind `code`; the first login creates their account. With `phoneCode` their phone number is
 * stored as well.
 *
 * @throws {InvalidInputError} for an empty or overlong code.
 * @throws {LoginCodeInvalidError} when WeChat refuses one of the codes, or the database was too busy once WeChat had taken
 *   them: they are used up then.
 * @throws {WechatUnavailableError} when WeChat gives no usable answer, or refuses for another reason than the codes;
 *   the code may be used up then.
 */
export async function logIn(deps: Deps, input: LoginInput): Promise<StartedSession & { user: User }> {
  const { code, phoneCode } = input
  checkInput(input)
  const { openid, unionid } = await callWechat(deps, () => codeToSession(deps.mini, code))
  const phone = phoneCode ? await callWechat(deps, () => getPhoneNumber(deps.mini, { phoneCode, openid })) : null

  try {
    const found = await findOrCreateUser(deps, { appid: deps.mini.appid, openid, unionid })
    const user = phone
      ? await deps.db.user.update({ where: { id: found.id }, data: { phoneNumber: formatPhone(phone) } })
      : found
    return { ...(await startSession(deps, { userId: user.id })), user }
  } catch (error) {
    if (!isBusy(error)) throw error
    deps.log.warn({ err: error }, 'sign-in found no connection to the database, and its code is used up')
    throw new LoginCodeInvalidError()
  }
}

function checkInput({ code, phoneCode }: LoginInput): void {
  const invalid: InvalidField[] = []
  const check = (path: keyof LoginInput, text: Text | undefined) => text && invalid.push({ path, text })
  check('code', findFault(code))
  if (phoneCode != null) check('phoneCode', findFault(phoneCode))
  if (invalid.length > 0) throw new InvalidInputError(invalid)
}

function findFault(code: string): Text | undefined {
  if (code === '') return userTexts.codeEmpty
  if (code.length > MAX_CODE_LENGTH) return userTexts.codeTooLong(MAX_CODE_LENGTH)
  return /^[\x21-\x7e]*$/.test(code) ? undefined : userTexts.codeSigns
}

async function callWechat<Answer>({ log }: Pick<Deps, 'log'>, call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof MiniProgramError)) throw error
    if (error.isAboutCall) throw new LoginCodeInvalidError({ cause: error })
    const { retryable } = error
    log.warn({ err: error, retryable }, 'sign-in failed at WeChat, the answer says whether to try again')
    throw new WechatUnavailableError({ retryable, cause: error })
  }
}
