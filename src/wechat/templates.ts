import { z } from 'zod'
import { withAccessToken } from './access-token.ts'
import type { MiniProgram } from './mini-program.ts'
import { callMiniProgram } from './mini-program-call.ts'

/** A template for subscribe messages. */
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
 * Lists the mini-program's templates. Their content has a placeholder like `{{thing1.DATA}}` for each value.
 *
 * Source: https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/getMessageTemplateList.html
 *
 * @throws {MiniProgramError} when WeChat refuses or doesn't answer.
 */
export function listTemplates(mini: MiniProgram): Promise<SubscribeTemplate[]> {
  const path = '/wxaapi/newtmpl/gettemplate'
  return withAccessToken(mini.tokens, (token) =>
    callMiniProgram(mini, { method: 'GET', path, query: { access_token: token } }, (json) =>
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
