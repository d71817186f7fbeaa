import { readBy, type Setting } from './reader.ts'

/** The template of a subscribe message, as it is set up in the merchant's mini-program. */
export interface Template {
  id: string
  /** Its keys, in the order of the defaults below. */
  keys: string[]
}

/** The keys that each template is expected to have, unless its variable names others. */
export const defaultKeys = {
  orderPaid: ['character_string6', 'thing1', 'amount2', 'time4', 'time5'],
  checkIn: ['date2', 'date3', 'character_string4', 'thing1'],
  refunded: ['character_string1', 'thing2', 'amount3'],
} as const

// The parameter types of subscribeMessage.send, as developers.weixin.qq.com lists them.
const KEY =
  /^(thing|number|letter|symbol|character_string|time|date|amount|phone_number|car_number|name|phrase|enum)\d{1,3}$/

/** A setting of the form `ID`, or `ID:part=key,…` where each part is one of `parts`. */
export function templateSetting(parts: readonly string[]): Setting<Template> {
  const example = `TEMPLATE_ID, or TEMPLATE_ID:${parts[0]}=${parts[0]?.replace(/\d+$/, '9')}`
  const fault = `must be a template id, with other keys than ${parts.join(', ')} named as ID:part=key,…`
  return { schema: readBy((text) => readTemplate(text, parts), fault), example }
}

function readTemplate(text: string, parts: readonly string[]): Template {
  const [, id, list] = /^([0-9A-Za-z_-]{1,64})(?::(.+))?$/.exec(text) ?? []
  if (id === undefined) throw new RangeError('no template id')
  const renamed = new Map((list?.split(',') ?? []).map((pair) => readPair(pair, parts)))
  const keys = parts.map((part) => renamed.get(part) ?? part)
  if (new Set(keys).size !== keys.length) throw new RangeError('one key for two parts')
  return { id, keys }
}

function readPair(pair: string, parts: readonly string[]): [part: string, key: string] {
  const [part = '', key = '', ...rest] = pair.split('=').map((side) => side.trim())
  if (!parts.includes(part) || !KEY.test(key) || rest.length > 0) throw new RangeError('no part=key')
  return [part, key]
}
