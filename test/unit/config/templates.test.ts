import { describe, expect, test } from 'vitest'
import { type Content, keyTypes, templateParts, templateSetting } from '../../../src/config/templates.ts'
import { createSn } from '../../../src/infra/numbers.ts'
import { fillTemplate } from '../../../src/notification/template.ts'
import type { MessageValue } from '../../../src/payment/payable.ts'
import { templateValue } from '../../../src/wechat/template-values.ts'

/** What messages put into each part. */
const examples: Record<Content, MessageValue[]> = {
  orderNumber: [createSn('HO')],
  entryCode: ['K7M2PQ9X'],
  title: ['西湖边的小院', '小院', 'Lake House', 'Loft'],
  money: [{ totalFen: 1 }, { totalFen: 12_800 }, { totalFen: 2_147_483_647 }],
  moment: [{ day: new Date('2030-12-04T00:00:00Z'), timeOfDay: '14:00' }],
}

const allTypes = [
  'thing',
  'number',
  'letter',
  'symbol',
  'character_string',
  'time',
  'date',
  'amount',
  'phone_number',
  'car_number',
  'name',
  'phrase',
  'enum',
]

/** True when WeChat takes the value under a key of this type, and all of it is shown. */
function holds(type: string, value: MessageValue): boolean {
  const key = `${type}1`
  const written = fillTemplate({ id: 'id', keys: [key] }, [value])[key] ?? ''
  try {
    return templateValue(key, written) === written
  } catch {
    return false
  }
}

const table = Object.keys(examples).flatMap((content) => allTypes.map((type) => [content, type] as [Content, string]))

describe('the type of a template key', () => {
  // An enum takes what its template lists, and nobody can list these values beforehand.
  test.for(table.filter(([, type]) => type !== 'enum'))(
    'accepts for a part with %s a key of type %s exactly if that can hold one',
    ([content, type]) => {
      const accepted: readonly string[] = keyTypes[content]
      expect(accepted.includes(type)).toBe(examples[content].some((value) => holds(type, value)))
    },
  )

  test('accepts the key that each part has by default, which holds every example', () => {
    for (const parts of Object.values(templateParts)) {
      for (const [key, content] of Object.entries(parts)) {
        const type = key.replace(/\d+$/, '')
        expect(keyTypes[content]).toContain(type)
        expect(examples[content].filter((value) => !holds(type, value))).toEqual([])
      }
    }
  })
})

const read = (text: string) => templateSetting(templateParts.orderPaid).schema.safeParse(text)

describe('the setting of a template', () => {
  test.for([
    ['amount2=number2', 'amount2', 'number'],
    ['time4=phone_number4', 'time4', 'phone_number'],
    ['time5=character_string5', 'time5', 'character_string'],
    ['character_string6=thing6', 'character_string6', 'thing'],
    ['character_string6=letter6', 'character_string6', 'letter'],
    ['thing1=amount1', 'thing1', 'amount'],
    ['thing1=enum1', 'thing1', 'enum'],
  ] as const)('refuses %s, and names the part and the type', ([pair, part, type]) => {
    const parsed = read(`ID:${pair}`)
    expect(parsed.error?.issues[0]?.message).toMatch(
      new RegExp(`^gives ${part} a key of type ${type}, which can never`),
    )
  })

  test.for(['thing1=name3', 'time4=date4,time5=date5', 'amount2=thing9', 'amount2=amount7'])('accepts %s', (list) => {
    expect(read(`ID:${list}`).success).toBe(true)
  })

  test('refuses one key for two parts', () => {
    expect(read('ID:time4=time5').error?.issues[0]?.message).toMatch(/^names one key for two parts/)
  })
})
