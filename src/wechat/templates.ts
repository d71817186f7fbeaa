import { z } from 'zod'
import { withAccessToken } from './access-token.ts'
import type { MiniProgram } from './mini-program.ts'
import { askMiniProgram } from './mini-program-call.ts'

/** A template of subscribe messages that the mini-program has. */
export interface SubscribeTemplate {
  id: string
  title: string
  /** The keys of its values, like `thing1`. */
  keys: string[]
}

const Templates = z.object({
  data: z.array(z.object({ priTmplId: z.string(), title: z.string(), content: z.string() })),
})

/**
 * The mini-program's own templates. A value stands in the content as `{{thing1.DATA}}`.
 *
 * Source: https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/getMessageTemplateList.html
 *
 * @throws {MiniProgramError} when WeChat refuses or doesn't answer.
 */
export function listTemplates(mini: MiniProgram): Promise<SubscribeTemplate[]> {
  const path = '/wxaapi/newtmpl/gettemplate'
  return withAccessToken(mini.tokens, (token) =>
    askMiniProgram(mini, { method: 'GET', path, query: { access_token: token } }, (json) =>
      Templates.parse(json).data.map(({ priTmplId, title, content }) => ({
        id: priTmplId,
        title,
        keys: keysOf(content),
      })),
    ),
  )
}

/** The keys of a content like `订单号:{{character_string6.DATA}}`. */
function keysOf(content: string): string[] {
  return [...content.matchAll(/\{\{(\w+)\.DATA\}\}/g)].map(([, key = '']) => key)
}
