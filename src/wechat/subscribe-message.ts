import { withAccessToken } from './access-token.ts'
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
}

/**
 * Sends one message, which uses up one consent of the user's. WeChat has no idempotency key for it: when it is repeated
 * after an unknown outcome (`outcomeUnknown`), it may arrive twice.
 *
 * Source: https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html
 *
 * @throws {WechatInputError} when a value breaks the type of its key; then nothing was sent.
 * @throws {MiniProgramError} `never` when the user has no consent left (43101), `later` when WeChat is busy.
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
  await withAccessToken(mini.tokens, (token) =>
    callMiniProgram(mini, { method: 'POST', path, query: { access_token: token }, body }, () => undefined),
  )
}
