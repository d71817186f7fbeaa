import type { WechatConfig } from '../config.ts'
import { MiniProgramError } from '../wechat/errors.ts'
import type { MiniProgram } from '../wechat/mini-program.ts'
import { isTradeManaged } from '../wechat/shipping.ts'
import { listTemplates } from '../wechat/templates.ts'
import { after, type Finding, runCheck, SkippedError, WrongError } from './finding.ts'

/** The `errcode`s of a request for a token. Source: developers.weixin.qq.com. */
const tokenFaults: Record<number, [detail: string, remedy: string]> = {
  40013: ['WeChat knows no such app', 'correct WECHAT_APP_ID'],
  40125: ['the secret is not this app’s', 'correct WECHAT_APP_SECRET'],
  40164: ['this machine’s address is not allowed', 'add it to the IP allow-list (mini-program console, development)'],
  89503: ['the call needs the administrator’s consent', 'confirm it in the mini-program console'],
}

/** Checks the mini-program's API: its access token, its message templates, and whether it must upload shipping info. */
export async function* checkMiniProgram(
  mini: MiniProgram,
  { templates }: WechatConfig,
  { uploadShipping }: { uploadShipping: boolean },
): AsyncGenerator<Finding, void, undefined> {
  const token = await runCheck('access token', 'see that WECHAT_API_URL is right and can be reached from here', () =>
    checkToken(mini),
  )
  const named = {
    WECHAT_TEMPLATE_ORDER_PAID: templates.orderPaid,
    WECHAT_TEMPLATE_CHECK_IN: templates.checkIn,
    WECHAT_TEMPLATE_REFUNDED: templates.refunded,
  }
  yield token
  for (const [variable, template] of Object.entries(named)) {
    const check = async () => {
      if (!template) throw new SkippedError('not set: this message is not sent')
      return checkTemplate(mini, variable, template)
    }
    yield await runCheck(variable, 'see the template’s page in the mini-program console', after(token, check))
  }
  const duty = after(token, () => checkShippingDuty(mini, uploadShipping))
  yield await runCheck('shipping info', 'see the order page in the mini-program console', duty)
}

async function checkToken(mini: MiniProgram): Promise<string> {
  try {
    await mini.tokens.current()
    return 'WeChat gives us one'
  } catch (error) {
    const fault =
      error instanceof MiniProgramError && error.errcode !== undefined ? tokenFaults[error.errcode] : undefined
    if (fault) throw new WrongError(...fault)
    throw error
  }
}

async function checkTemplate(mini: MiniProgram, variable: string, template: { id: string; keys: string[] }) {
  const found = (await listTemplates(mini)).find(({ id }) => id === template.id)
  if (!found) throw new WrongError('the mini-program has no such template', `correct ${variable}`)
  const missing = template.keys.filter((key) => !found.keys.includes(key))
  const unfilled = found.keys.filter((key) => !template.keys.includes(key))
  if (missing.length > 0) {
    throw new WrongError(
      `“${found.title}” has ${found.keys.join(', ')}, and not ${missing.join(', ')}`,
      `name its keys as ${variable}=ID:part=key,…`,
    )
  }
  if (unfilled.length > 0) {
    throw new WrongError(
      `“${found.title}” also has ${unfilled.join(', ')}, which no message fills, so WeChat refuses every one (47003)`,
      `choose a template with ${template.keys.length} keys in the mini-program console, and set ${variable} to it`,
    )
  }
  return `“${found.title}”`
}

/** Without the setting, money of a mini-program with that duty would stay frozen for ever. */
async function checkShippingDuty(mini: MiniProgram, uploadShipping: boolean): Promise<string> {
  const hasDuty = await isTradeManaged(mini)
  if (hasDuty && !uploadShipping) {
    throw new WrongError(
      'WeChat freezes this mini-program’s money until shipping info is uploaded, and nobody uploads it',
      'set ORDER_UPLOAD_SHIPPING=true',
    )
  }
  if (!hasDuty) return 'WeChat requires none'
  return 'WeChat requires it, and it is uploaded for every redeemed order'
}
