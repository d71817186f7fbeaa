import { noticeScheduleSeconds } from '@looklook-pay/sandbox'
import { describe, expect, test } from 'vitest'
import { judgePayAnswer, miniProgramErrorPolicy, payErrorPolicy } from '../../../src/wechat/error-policy.ts'
import { templateValue } from '../../../src/wechat/template-values.ts'
import { vectorFile } from './vectors.ts'

describe('the policy for WeChat Pay’s error codes', () => {
  test('is that of the documentation, code by code', () => {
    const documented = vectorFile.tables.payErrorPolicy.filter(({ code }) => code !== '*')
    expect(payErrorPolicy).toEqual(Object.fromEntries(documented.map(({ code, policy }) => [code, policy])))
  })

  test.each(vectorFile.tables.payErrorPolicy)('asks for $policy after $code', ({ code, policy, http }) => {
    for (const status of http) expect(judgePayAnswer(status, code === '*' ? undefined : code).policy).toBe(policy)
  })

  test('does not mind underscores', () => {
    expect(judgePayAnswer(403, 'ORDER_PAID')).toEqual(judgePayAnswer(403, 'ORDERPAID'))
    expect(judgePayAnswer(403, 'ORDER_PAID').action).toBe('query')
  })
})

describe('the policy for errcodes of the mini-program API', () => {
  test('is that of the documentation', () => {
    const documented = vectorFile.tables.miniProgramErrorPolicy
    expect(miniProgramErrorPolicy).toEqual(
      Object.fromEntries(documented.map(({ errcode, policy }) => [errcode, policy])),
    )
  })
})

describe('the limits of template values', () => {
  const { templateValueLimits } = vectorFile.tables
  /** What counts towards the number in the rule of a kind. */
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
  const taken: Record<string, string[]> = {
    number: ['12.5'],
    character_string: ['AB-12_34'],
    time: ['15:01', '2019年10月1日 15:01', '15:01~16:02', '2019年10月1日 15:01~2019年10月2日 12:00'],
    date: ['2019年10月1日', '2019年10月1日 15:01', '2019年10月1日~2019年10月2日'],
    amount: ['¥128', '128.50', '128.50元', '¥128.50元'],
    phone_number: ['+86-0766-66888866'],
    enum: ['已付款'],
  }
  const refused: Record<string, string[]> = {
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
  /** The one kind that is shortened rather than refused. */
  const cut: Record<string, RegExp> = { thing: /^民{19}…$/ }
  const kinds = Object.entries(templateValueLimits)

  test('are those of the documentation, kind by kind', () => {
    const tested = new Set([counted, taken, refused].flatMap((examples) => Object.keys(examples)))
    expect([...tested].sort()).toEqual(Object.keys(templateValueLimits).sort())
  })

  test.each(kinds)('of %s are "%s"', (kind, rule) => {
    const key = `${kind}1`
    const limits = [...rule.matchAll(/<=(\d+)/g)].map(([, limit]) => Number(limit))
    expect(counted[kind] ?? []).toHaveLength(limits.length)
    for (const [index, limit] of limits.entries()) {
      const longest = (counted[kind]?.[index] ?? '').repeat(limit)
      expect(templateValue(key, longest)).toBe(longest)
      expect(attempt(key, `${longest}${longest[0]}`)).toMatch(cut[kind] ?? /must be/)
    }
    for (const value of taken[kind] ?? []) expect(templateValue(key, value)).toBe(value)
    for (const value of ['', ...(refused[kind] ?? [])]) expect(() => templateValue(key, value)).toThrow(/must be/)
  })
})

/** The value as it may be sent, or why it may not. */
function attempt(key: string, value: string): string {
  try {
    return templateValue(key, value)
  } catch (error) {
    return String(error)
  }
}

describe('the deliveries of a notice', () => {
  test('are spaced in the sandbox as WeChat Pay spaces them', () => {
    expect(noticeScheduleSeconds).toEqual(vectorFile.tables.notificationRetrySeconds)
  })
})

describe('the tables of the vectors', () => {
  test('are all known: those above, and the replies in notice-replies.test.ts', () => {
    expect(Object.keys(vectorFile.tables).sort()).toEqual([
      'miniProgramErrorPolicy',
      'notificationRetrySeconds',
      'payErrorPolicy',
      'replyToNotification',
      'templateValueLimits',
    ])
  })
})
