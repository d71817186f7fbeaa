import type { Credentials } from '../keys/credentials.ts'
import { randomAlphanumeric } from '../numbers.ts'

const ID_LENGTH = 43

/** A template of subscribe messages. */
export interface Template {
  title: string
  /** As WeChat writes it: `{{thing1.DATA}}` stands for the value of `thing1`. */
  content: string
}

/** The three templates that the mini-program starts with, by their ids. */
export function createTemplates({ templates }: Pick<Credentials, 'templates'>): Map<string, Template> {
  return new Map([
    [
      templates.orderPaid,
      {
        title: '订单支付成功通知',
        content:
          '订单号:{{character_string6.DATA}}\n民宿:{{thing1.DATA}}\n金额:{{amount2.DATA}}\n入住:{{time4.DATA}}\n退房:{{time5.DATA}}\n',
      },
    ],
    [
      templates.checkIn,
      {
        title: '入住提醒',
        content: '入住:{{date2.DATA}}\n退房:{{date3.DATA}}\n入住码:{{character_string4.DATA}}\n民宿:{{thing1.DATA}}\n',
      },
    ],
    [
      templates.refunded,
      {
        title: '退款成功通知',
        content: '订单号:{{character_string1.DATA}}\n民宿:{{thing2.DATA}}\n退款:{{amount3.DATA}}\n',
      },
    ],
  ])
}

/** Adds a template whose values have these keys. Returns its id. */
export function addTemplate(templates: Map<string, Template>, keys: readonly string[]): string {
  const id = randomAlphanumeric(ID_LENGTH)
  const content = keys.map((key) => `${key}:{{${key}.DATA}}\n`).join('')
  templates.set(id, { title: keys.join('、'), content })
  return id
}

/** The keys of a template's values, in the order of its content. */
export function keysOf({ content }: Template): string[] {
  return [...content.matchAll(/\{\{(\w+)\.DATA\}\}/g)].map(([, key = '']) => key)
}
