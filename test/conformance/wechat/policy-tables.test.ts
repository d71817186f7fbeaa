import { noticeScheduleSeconds } from '@looklook-pay/sandbox'
import { describe, expect, test } from 'vitest'
import { judgePayAnswer, miniProgramErrorPolicy, payErrorPolicy } from '../../../src/wechat/error-policy.ts'
import { templateValue } from '../../../src/wechat/template-values.ts'
import { vectorFile } from './vectors.ts'

describe('the policy for WeChat Pay’s error codes', () => {
  test('has the documented policy for every error code of WeChat Pay', () => {
    const documented = vectorFile.tables.payErrorPolicy.filter(({ code }) => code !== '*')
    expect(payErrorPolicy).toEqual(Object.fromEntries(documented.map(({ code, policy }) => [code, policy])))
  })

  test.each(vectorFile.tables.payErrorPolicy)('has the policy $policy for $code', ({ code, policy, http }) => {
    for (const status of http) expect(judgePayAnswer(status, code === '*' ? undefined : code).policy).toBe(policy)
  })

  test('finds the policy of an error code with or without underscores', () => {
    expect(judgePayAnswer(403, 'ORDER_PAID')).toEqual(judgePayAnswer(403, 'ORDERPAID'))
    expect(judgePayAnswer(403, 'ORDER_PAID').action).toBe('query')
  })
})

describe('the policy for errcodes of the mini-program API', () => {
  test('has the documented policy for every errcode of the mini-program API', () => {
    const documented = vectorFile.tables.miniProgramErrorPolicy
    expect(miniProgramErrorPolicy).toEqual(
      Object.fromEntries(documented.map(({ errcode, policy }) => [errcode, policy])),
    )
  })
})

describe('the limits of template values', () => {
  const { templateValueLimits } = vectorFile.tables
  /** The characters that count towards the limit of a kind. */
  const counted: Record<string, string[]> = {
    thing: ['民'],
    number: ['1'],
    letter: ['a'],
    symbol: ['!'],
    character_string: ['A'],
    amount: ['1'],
    phone_number: ['1'],
    car_number: ['A'],
    name: ['民', 'a'],
    phrase: ['民'],
  }
  const accepted: Record<string, string[]> = {
    number: ['12.5'],
    character_string: ['AB-12_34'],
    time: ['15:01', '2019年10月1日 15:01', '15:01~16:02', '2019年10月1日 15:01~2019年10月2日 12:00'],
    date: ['2019年10月1日', '2019年10月1日 15:01', '2019年10月1日~2019年10月2日'],
    amount: ['¥128', '128.50', '128.50元', '¥128.50元'],
    phone_number: ['+86-0766-66888866'],
    enum: ['已付款'],
  }
  const rejected: Record<string, string[]> = {
    number: ['1x'],
    letter: ['a1'],
    symbol: ['a'],
    character_string: ['订单'],
    time: ['24:01', '3:01 PM', '2019年10月1日'],
    date: ['明天', '15:01'],
    amount: ['¥¥1', '12.50美元'],
    phone_number: ['电话'],
    phrase: ['paid'],
  }
  /** The one kind that is shortened rather than rejected. */
  const cut: Record<string, RegExp> = { thing: /^民{19}…$/ }
  const kinds = Object.entries(templateValueLimits)

  test('has the documented limits for every kind of template value', () => {
    const tested = new Set([counted, accepted, rejected].flatMap((examples) => Object.keys(examples)))
    expect([...tested].sort()).toEqual(Object.keys(templateValueLimits).sort())
  })

  test.each(kinds)('limits a template value of kind %s: "%s"', (kind, rule) => {
    const key = `${kind}1`
    const limits = [...rule.matchAll(/<=(\d+)/g)].map(([, limit]) => Number(limit))
    expect(counted[kind] ?? []).toHaveLength(limits.length)
    for (const [index, limit] of limits.entries()) {
      const longest = (counted[kind]?.[index] ?? '').repeat(limit)
      expect(templateValue(key, longest)).toBe(longest)
      expect(valueOrRule(key, `${longest}${longest[0]}`)).toMatch(cut[kind] ?? /must be/)
    }
    for (const value of accepted[kind] ?? []) expect(templateValue(key, value)).toBe(value)
    for (const value of ['', ...(rejected[kind] ?? [])]) expect(() => templateValue(key, value)).toThrow(/must be/)
  })
})

/** The prepared value, or the rule that it breaks. */
function valueOrRule(key: string, value: string): string {
  try {
    return templateValue(key, value)
  } catch (error) {
    return String(error)
  }
}

describe('the deliveries of a notice', () => {
  test('repeats notices in the sandbox at the documented intervals', () => {
    expect(noticeScheduleSeconds).toEqual(vectorFile.tables.notificationRetrySeconds)
  })
})

describe('the tables of the vectors', () => {
  test('tests every table of the vectors, here or in notice-replies.test.ts', () => {
    expect(Object.keys(vectorFile.tables).sort()).toEqual([
      'miniProgramErrorPolicy',
      'notificationRetrySeconds',
      'payErrorPolicy',
      'replyToNotification',
      'templateValueLimits',
    ])
  })
})
