import { requireAccessToken } from './access-token.ts'
import type { Answer, Call } from './route.ts'
import type { World } from './world.ts'

/** What each template shows, in the form of WeChat's own contents. */
const contents = {
  orderPaid:
    '订单号:{{character_string6.DATA}}\n民宿:{{thing1.DATA}}\n金额:{{amount2.DATA}}\n入住:{{time4.DATA}}\n退房:{{time5.DATA}}\n',
  checkIn: '入住:{{date2.DATA}}\n退房:{{date3.DATA}}\n入住码:{{character_string4.DATA}}\n民宿:{{thing1.DATA}}\n',
  refunded: '订单号:{{character_string1.DATA}}\n民宿:{{thing2.DATA}}\n退款:{{amount3.DATA}}\n',
}
const titles = { orderPaid: '订单支付成功通知', checkIn: '入住提醒', refunded: '退款成功通知' }

/** `GET /wxaapi/newtmpl/gettemplate`: the three templates that the mini-program has. */
export function listTemplates(world: World, call: Call): Answer {
  requireAccessToken(world, call)
  const { templates } = world.credentials
  const data = (['orderPaid', 'checkIn', 'refunded'] as const).map((name) => ({
    priTmplId: templates[name],
    title: titles[name],
    content: contents[name],
    example: '',
    type: 2,
  }))
  return { status: 200, json: { errcode: 0, errmsg: 'ok', data } }
}
