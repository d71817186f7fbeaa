import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Answer, Call } from '../http/route.ts'
import { findConsent } from '../phone/consent.ts'
import type { World } from '../world.ts'
import { requireAccessToken } from './access-token.ts'
import { parseMiniProgramBody } from './body.ts'
import { MiniProgramRefusal } from './refusal.ts'
import { keysOf } from './templates.ts'

const CLOCK = String.raw`([01]?\d|2[0-3]):[0-5]\d`
const DAY = String.raw`\d{4}年(0?[1-9]|1[0-2])月(0?[1-9]|[12]\d|3[01])日`
const orRange = (moment: string) => new RegExp(`^${moment}(~${moment})?$`, 'u')
const HAN = String.raw`\p{Script=Han}`

/**
 * The values that each type of key accepts, by the key's prefix. Source:
 * https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html
 */
const valueTypes: Record<string, RegExp> = {
  thing: /^.{1,20}$/su,
  number: /^(?=.{1,32}$)\d+(\.\d+)?$/u,
  letter: /^[A-Za-z]{1,32}$/u,
  symbol: /^[^\p{L}\p{N}\s]{1,5}$/u,
  character_string: /^[\x20-\x7e]{1,32}$/u,
  time: orRange(`(${DAY} )?${CLOCK}`),
  date: orRange(`${DAY}( ${CLOCK})?`),
  amount: /^(?=(\D*\d){1,10}\D*$)\p{Sc}?\d+(\.\d+)?元?$/u,
  phone_number: /^[\d+\- ()]{1,17}$/u,
  car_number: /^[\p{L}\p{N}]{1,8}$/u,
  name: new RegExp(`^(${HAN}{1,10}|[A-Za-z ·.]{1,20}|(?=.{1,10}$)[${HAN}A-Za-z ·]+)$`, 'u'),
  phrase: new RegExp(`^${HAN}{1,5}$`, 'u'),
  enum: /^.+$/su,
}

const SubscribeMessage = z.strictObject({
  touser: z.string(),
  template_id: z.string(),
  page: z.string().optional(),
  data: z.record(z.string(), z.strictObject({ value: z.string() })),
  miniprogram_state: z.enum(['developer', 'trial', 'formal']).optional(),
  lang: z.enum(['zh_CN', 'en_US', 'zh_HK', 'zh_TW']).optional(),
})

/**
 * `POST /cgi-bin/message/subscribe/send`: to a user who has signed in or paid, with exactly the keys of the template
 * and values that their types accept. It uses up one consent of the user's, and is refused without one (43101).
 */
export function sendSubscribeMessage(world: World, call: Call): Answer {
  requireAccessToken(world, call)
  const message = parseMiniProgramBody(SubscribeMessage, call.body)
  if (!world.ledger.users.has(message.touser)) throw new MiniProgramRefusal(40003)
  const template = world.templates.get(message.template_id)
  if (!template) throw new MiniProgramRefusal(40037)
  checkValues(keysOf(template), message.data)
  const consent = findConsent(world, message.touser, message.template_id)
  if (consent.left === 0) throw new MiniProgramRefusal(43101)
  const sent = {
    messageId: randomUUID(),
    openid: message.touser,
    templateId: message.template_id,
    ...(message.page === undefined ? {} : { page: message.page }),
    data: message.data,
    sentAt: world.now(),
  }
  world.ledger.commit(['messages', sent], ['consents', { ...consent, left: consent.left - 1 }])
  return { status: 200, json: { errcode: 0, errmsg: 'ok' } }
}

function checkValues(keys: readonly string[], data: Record<string, { value: string }>): void {
  for (const key of Object.keys(data)) {
    if (!keys.includes(key)) throw new MiniProgramRefusal(47003, `argument invalid! data.${key} is not in the template`)
  }
  for (const key of keys) {
    const value = data[key]?.value ?? ''
    const type = valueTypes[/^([a-z_]+?)\d+$/.exec(key)?.[1] ?? '']
    if (!type) throw new MiniProgramRefusal(47003, `argument invalid! data.${key} has no such type`)
    if (value === '') throw new MiniProgramRefusal(47003, `argument invalid! data.${key}.value is empty`)
    if (!type.test(value)) throw new MiniProgramRefusal(47003, `argument invalid! data.${key}.value invalid`)
  }
}
