import type { Answer, Call } from '../http/route.ts'
import type { World } from '../world.ts'
import { requireAccessToken } from './access-token.ts'

/** `GET /wxaapi/newtmpl/gettemplate`: the templates of the mini-program. */
export function listTemplates(world: World, call: Call): Answer {
  requireAccessToken(world, call)
  const data = [...world.templates].map(([priTmplId, { title, content }]) => ({
    priTmplId,
    title,
    content,
    example: '',
    type: 2,
  }))
  return { status: 200, json: { errcode: 0, errmsg: 'ok', data } }
}
