import { withAccessToken } from './access-token.ts'
import { MiniProgramError } from './errors.ts'
import { rules } from './input-rules.ts'
import type { MiniProgram } from './mini-program.ts'
import { callMiniProgram } from './mini-program-call.ts'
import { templateValue } from './template-values.ts'

export interface SubscribeMessage {
  openid: string
  templateId: string
  /** The page of the mini-program that the message opens. */
  page?: string
  /** Value by key of the template, as `{ thing1: '…', amount2: '…' }`. */
  data: Record<string, string>
  /** What the call is found by later. */
  number?: string
}

/** What makes a refused message acceptable. The general policy for these codes doesn't know that templates get mended. */
const remedies: Readonly<Record<number, string>> = {
  40037: 'the template is not the mini-program’s; correct the WECHAT_TEMPLATE_ setting',
  41030: 'the page to open is not in the published mini-program',
  43107: 'WeChat has banned the template or the mini-program’s messages; see its console',
  45009: 'the quota of the day is used up; it comes back at midnight, or ask WeChat for more',
  45168: 'a value contains words that WeChat forbids; change the title of what was sold',
  47003: 'a value breaks the rule of its key, or a key has none; compare template and setting with npm run doctor',
}

/**
 * Sends one message, which uses up one consent of the user's. WeChat has no idempotency key for it: when it is repeated
 * after an unknown outcome (`outcomeUnknown`), it may arrive twice.
 *
 * Source: https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html
 *
 * @throws {WechatInputError} when a value breaks the type of its key; then nothing was sent.
 * @throws {MiniProgramError} `never` when the user has no consent left (43101), `later` when WeChat is busy, `operator`
 *   when the message can be sent once somebody has mended what its text names.
 */
export async function sendSubscribeMessage(mini: MiniProgram, message: SubscribeMessage): Promise<void> {
  const entries = Object.entries(message.data).map(([key, value]) => [key, { value: templateValue(key, value) }])
  const body = {
    touser: rules.openid(message.openid),
    template_id: message.templateId,
    ...(message.page === undefined ? {} : { page: message.page }),
    data: Object.fromEntries(entries) as Record<string, { value: string }>,
  }
  const path = '/cgi-bin/message/subscribe/send'
  try {
    await withAccessToken(mini.tokens, (token) =>
      callMiniProgram(
        mini,
        { method: 'POST', path, query: { access_token: token }, body, number: message.number },
        () => undefined,
      ),
    )
  } catch (error) {
    throw withRemedy(error)
  }
}

/** A refusal that somebody can mend, with what to do; any other error as it is. */
function withRemedy(error: unknown): unknown {
  if (!(error instanceof MiniProgramError) || error.errcode === undefined) return error
  const { errcode, message } = error
  const remedy = remedies[errcode]
  if (remedy === undefined) return error
  return new MiniProgramError(`${message}: ${remedy}`, { errcode, when: 'operator', cause: error })
}
