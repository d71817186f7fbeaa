import { withAccessToken } from './access-token.ts'
import { MiniProgramError } from './errors.ts'
import { rules } from './input-rules.ts'
import type { MiniProgram } from './mini-program.ts'
import { callMiniProgram } from './mini-program-call.ts'
import { remedyOf } from './remedies.ts'
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

/** What somebody can mend, so that the same message is sent. The general policy for these codes doesn't know of that. */
const MENDABLE: readonly number[] = [40037, 41030, 43107, 45009, 45168, 47003]

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
  if (!MENDABLE.includes(errcode)) return error
  const remedy = remedyOf(String(errcode))
  return new MiniProgramError(`${message}: ${remedy}`, { errcode, when: 'operator', cause: error })
}
