import { FaultError, readBy, type Setting } from './reader.ts'
import { exampleTexts, wechatFaultTexts } from './texts.ts'

/** The template of a subscribe message, as it is set up in the merchant's mini-program. */
export interface Template {
  id: string
  /** Its keys, in the order of the defaults below. */
  keys: string[]
}

/** What a message's part holds. */
export type Content = keyof typeof keyTypes

/**
 * The types of template keys that can hold each content as a message writes it; all others refuse it whatever the
 * order (src/wechat/template-values.ts has their rules). A text that its key shortens is no order number any more, and
 * an `enum` lists its values beforehand.
 */
export const keyTypes = {
  orderNumber: ['character_string'],
  entryCode: ['character_string', 'thing', 'car_number'],
  title: ['thing', 'name', 'phrase', 'character_string', 'letter', 'car_number'],
  money: ['amount', 'thing'],
  moment: ['time', 'date', 'thing'],
} as const satisfies Record<string, readonly string[]>

/** What each template shows, by the key that it is expected to have unless its variable names another. */
export const templateParts = {
  orderPaid: {
    character_string6: 'orderNumber',
    thing1: 'title',
    amount2: 'money',
    time4: 'moment',
    time5: 'moment',
  },
  checkIn: { date2: 'moment', date3: 'moment', character_string4: 'entryCode', thing1: 'title' },
  refunded: { character_string1: 'orderNumber', thing2: 'title', amount3: 'money' },
} as const satisfies Record<string, Record<string, Content>>

type Parts = Readonly<Record<string, Content>>

// The parameter types of subscribeMessage.send, as developers.weixin.qq.com lists them.
const KEY =
  /^(thing|number|letter|symbol|character_string|time|date|amount|phone_number|car_number|name|phrase|enum)\d{1,3}$/

/** A setting of the form `ID`, or `ID:part=key,…` where each part is one of `parts`. */
export function templateSetting(parts: Parts): Setting<Template> {
  const names = Object.keys(parts)
  const shown = exampleTexts.template(names[0] ?? '')
  const fault = wechatFaultTexts.template(names.join(', '))
  return { schema: readBy((text) => readTemplate(text, parts), fault), example: shown.en, shown }
}

function readTemplate(text: string, parts: Parts): Template {
  const [, id, list] = /^([0-9A-Za-z_-]{1,64})(?::(.+))?$/.exec(text) ?? []
  if (id === undefined) throw new RangeError('no template id')
  const renamed = new Map((list?.split(',') ?? []).map((pair) => readPair(pair, parts)))
  const keys = Object.keys(parts).map((part) => renamed.get(part) ?? part)
  if (new Set(keys).size !== keys.length) throw new FaultError(wechatFaultTexts.templateKeyTwice)
  return { id, keys }
}

function readPair(pair: string, parts: Parts): [part: string, key: string] {
  const [part = '', key = '', ...rest] = pair.split('=').map((side) => side.trim())
  const content = Object.hasOwn(parts, part) ? parts[part] : undefined
  const type = KEY.exec(key)?.[1]
  if (content === undefined || type === undefined || rest.length > 0) throw new RangeError('no part=key')
  const fitting: readonly string[] = keyTypes[content]
  if (!fitting.includes(type)) {
    throw new FaultError(wechatFaultTexts.templateKeyUnfit(part, type, fitting))
  }
  return [part, key]
}
