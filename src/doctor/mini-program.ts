import type { WechatConfig } from '../config.ts'
import type { Text } from '../texts.ts'
import { MiniProgramError } from '../wechat/errors.ts'
import type { MiniProgram } from '../wechat/mini-program.ts'
import { isTradeManaged } from '../wechat/shipping.ts'
import { listTemplates } from '../wechat/templates.ts'
import { after, type Finding, named, runCheck, SkippedError, WrongError } from './finding.ts'
import { remedyTexts } from './remedies.ts'
import { checkTexts, rightTexts, skippedTexts, wrongTexts } from './texts.ts'

/** The `errcode`s of a request for a token. Source: developers.weixin.qq.com. */
const tokenFaults: Record<number, [detail: Text, remedy: Text]> = {
  40013: [wrongTexts.noApp, remedyTexts.appId],
  40125: [wrongTexts.otherSecret, remedyTexts.appSecret],
  40164: [wrongTexts.addressNotAllowed, remedyTexts.allowAddress],
  89503: [wrongTexts.needsConsent, remedyTexts.confirm],
}

/** Checks the mini-program's API: its access token, its message templates, and whether it must upload shipping info. */
export async function* checkMiniProgram(
  mini: MiniProgram,
  { templates }: WechatConfig,
  { uploadShipping }: { uploadShipping: boolean },
): AsyncGenerator<Finding, void, undefined> {
  const token = await runCheck(checkTexts.token, remedyTexts.reachMini, () => checkToken(mini))
  const variables = {
    WECHAT_TEMPLATE_ORDER_PAID: templates.orderPaid,
    WECHAT_TEMPLATE_CHECK_IN: templates.checkIn,
    WECHAT_TEMPLATE_REFUNDED: templates.refunded,
  }
  yield token
  for (const [variable, template] of Object.entries(variables)) {
    const check = async () => {
      if (!template) throw new SkippedError(skippedTexts.noTemplate)
      return checkTemplate(mini, variable, template)
    }
    yield await runCheck(named(variable), remedyTexts.templatePage, after(token, check))
  }
  const duty = after(token, () => checkShippingDuty(mini, uploadShipping))
  yield await runCheck(checkTexts.shipping, remedyTexts.orderPage, duty)
}

async function checkToken(mini: MiniProgram): Promise<Text> {
  try {
    await mini.tokens.current()
    return rightTexts.token
  } catch (error) {
    const fault =
      error instanceof MiniProgramError && error.errcode !== undefined ? tokenFaults[error.errcode] : undefined
    if (fault) throw new WrongError(...fault)
    throw error
  }
}

async function checkTemplate(mini: MiniProgram, variable: string, template: { id: string; keys: string[] }) {
  const found = (await listTemplates(mini)).find(({ id }) => id === template.id)
  if (!found) throw new WrongError(wrongTexts.noTemplate, remedyTexts.correct(variable))
  const missing = template.keys.filter((key) => !found.keys.includes(key))
  const unfilled = found.keys.filter((key) => !template.keys.includes(key))
  if (missing.length > 0) {
    const detail = wrongTexts.missingKeys(found.title, found.keys.join(', '), missing.join(', '))
    throw new WrongError(detail, remedyTexts.nameKeys(variable))
  }
  if (unfilled.length > 0) {
    const detail = wrongTexts.unfilledKeys(found.title, unfilled.join(', '))
    throw new WrongError(detail, remedyTexts.chooseTemplate(template.keys.length, variable))
  }
  return rightTexts.template(found.title)
}

/** Without the setting, money of a mini-program with that duty would stay frozen for ever. */
async function checkShippingDuty(mini: MiniProgram, uploadShipping: boolean): Promise<Text> {
  const hasDuty = await isTradeManaged(mini)
  if (hasDuty && !uploadShipping) {
    throw new WrongError(wrongTexts.frozen, remedyTexts.uploadShipping)
  }
  if (!hasDuty) return rightTexts.noShipping
  return rightTexts.shipping
}
