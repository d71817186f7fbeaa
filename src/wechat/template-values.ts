import { WechatInputError } from './errors.ts'
import { cutToFit, oneLine } from './input-rules.ts'

const MAX_THING_LENGTH = 20

const clock = String.raw`([01]?\d|2[0-3]):[0-5]\d`
const day = String.raw`\d{4}年(0?[1-9]|1[0-2])月(0?[1-9]|[12]\d|3[01])日`
const moment = (text: string) => new RegExp(`^${text}(~${text})?$`)

/** The rule for the values of a template, by the key without its number. */
const forms: Readonly<Record<string, { form: RegExp; rule: string }>> = {
  thing: { form: /^.{1,20}$/s, rule: 'must be 1 to 20 characters' },
  number: { form: /^(?=(\D*\d){1,32}\D*$)\d+(\.\d+)?$/, rule: 'must be a number of at most 32 digits' },
  letter: { form: /^[A-Za-z]{1,32}$/, rule: 'must be 1 to 32 letters' },
  symbol: { form: /^[\p{P}\p{S}]{1,5}$/u, rule: 'must be 1 to 5 symbols' },
  character_string: { form: /^[\x20-\x7e]{1,32}$/, rule: 'must be 1 to 32 digits, letters or symbols' },
  time: { form: moment(`(${day} )?${clock}`), rule: 'must be as 15:01 or 2019年10月1日 15:01, a range with ~' },
  date: { form: moment(`${day}( ${clock})?`), rule: 'must be as 2019年10月1日 or 2019年10月1日 15:01' },
  amount: {
    form: /^(?=(\D*\d){1,10}\D*$)[\p{Sc}￥]?\d+(\.\d+)?元?$/u,
    rule: 'must be a number of at most 10 digits, with one currency sign before it or 元 after it',
  },
  phone_number: { form: /^[\d\p{P}\p{S} ]{1,17}$/u, rule: 'must be 1 to 17 digits and symbols' },
  car_number: { form: /^[\p{L}\p{N}]{1,8}$/u, rule: 'must be 1 to 8 letters and digits' },
  name: {
    form: /^(\p{Script=Han}{1,10}|[A-Za-z\p{P} ]{1,20})$/u,
    rule: 'must be 1 to 10 Chinese characters or 1 to 20 letters',
  },
  phrase: { form: /^\p{Script=Han}{1,5}$/u, rule: 'must be 1 to 5 Chinese characters' },
  enum: { form: /^.+$/u, rule: 'must be one of the values that the template lists' },
}

/**
 * Prepares a value of a subscribe message for its key, for example `thing1`: puts it on one line, and ends a `thing`
 * that is too long in `…`. WeChat refuses the whole message (47003) for one value that breaks the type of its key.
 *
 * Source: https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html
 *
 * @throws {WechatInputError} naming the key.
 */
export function templateValue(key: string, value: string): string {
  const kind = /^([a-z_]+)\d+$/.exec(key)?.[1] ?? ''
  const known = Object.hasOwn(forms, kind) ? forms[kind] : undefined
  if (!known) throw new WechatInputError(key, 'is not a key of a template, as thing1 or amount2')
  const line = oneLine(value)
  const text = kind === 'thing' ? shortened(line) : line
  if (!known.form.test(text)) throw new WechatInputError(key, known.rule)
  return text
}

function shortened(text: string): string {
  if (text.length <= MAX_THING_LENGTH) return text
  return `${cutToFit(text, (beginning) => beginning.length < MAX_THING_LENGTH)}…`
}
