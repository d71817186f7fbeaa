import type { WechatConfig } from '../config.ts'
import { MiniProgramError } from '../wechat/errors.ts'
import type { MiniProgram } from '../wechat/mini-program.ts'
import { sendSubscribeMessage } from '../wechat/subscribe-message.ts'
import { type Finding, find, SkippedError, WrongError } from './finding.ts'

/** What WeChat's `errcode`s mean for a token, by developers.weixin.qq.com. */
const tokenFaults: Record<number, [detail: string, remedy: string]> = {
  40013: ['WeChat knows no such app', 'correct WECHAT_APP_ID'],
  40125: ['the secret is not this app’s', 'correct WECHAT_APP_SECRET'],
  40164: ['this machine’s address is not allowed', 'add it to the IP allow-list (mini-program console, development)'],
  89503: ['the call needs the administrator’s consent', 'confirm it in the mini-program console'],
}

/** What they mean for a message to somebody who isn't there; everything else means that the template is fine. */
const TEMPLATE_UNKNOWN = 40037
const TEMPLATE_BANNED = 43107

const samples: Record<string, string> = {
  thing: '配置检查',
  number: '1',
  letter: 'A',
  symbol: '*',
  character_string: 'A1',
  time: '2026年1月1日 12:00',
  date: '2026年1月1日',
  amount: '1.00元',
  phone_number: '10000',
  car_number: 'A1',
  name: '检查',
  phrase: '检查',
  enum: '1',
}

/** Whether the mini-program's own API answers: its token, and the templates of its messages. */
export async function checkMiniProgram(mini: MiniProgram, { templates }: WechatConfig): Promise<Finding[]> {
  const token = await find('access token', 'see that WECHAT_API_URL can be reached from here', () => checkToken(mini))
  const named = {
    WECHAT_TEMPLATE_ORDER_PAID: templates.orderPaid,
    WECHAT_TEMPLATE_CHECK_IN: templates.checkIn,
    WECHAT_TEMPLATE_REFUNDED: templates.refunded,
  }
  const findings = [token]
  for (const [variable, template] of Object.entries(named)) {
    const finding = await find(variable, 'see the template’s page in the mini-program console', async () => {
      if (!template) throw new SkippedError('not set: this message is not sent')
      if (token.result !== 'ok') throw new SkippedError('there is no access token')
      return checkTemplate(mini, variable, template)
    })
    findings.push(finding)
  }
  return findings
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

/** Sends to a guest who doesn't exist: WeChat refuses the guest, or the template before. */
async function checkTemplate(mini: MiniProgram, variable: string, template: { id: string; keys: string[] }) {
  const data = Object.fromEntries(template.keys.map((key) => [key, samples[key.replace(/\d+$/, '')] ?? '1']))
  try {
    await sendSubscribeMessage(mini, { openid: 'doctor', templateId: template.id, data })
  } catch (error) {
    if (!(error instanceof MiniProgramError)) throw error
    if (error.errcode === TEMPLATE_UNKNOWN) {
      throw new WrongError('the mini-program has no such template', `correct ${variable}`)
    }
    if (error.errcode === TEMPLATE_BANNED)
      throw new WrongError('the template is banned', `choose another for ${variable}`)
    if (error.errcode === 47003) {
      throw new WrongError(`the template has other keys (${error.message})`, `name them as ${variable}=ID:part=key,…`)
    }
    if (error.errcode === undefined) throw error
  }
  return 'the mini-program has it'
}
