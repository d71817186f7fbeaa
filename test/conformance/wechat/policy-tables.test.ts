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

describe('the kinds of template values', () => {
  test.each(Object.keys(vectorFile.tables.templateValueLimits))('know %s', (kind) => {
    expect(() => templateValue(`${kind}1`, '')).not.toThrow(/is not a key of a template/)
    expect(() => templateValue(`${kind}1`, '')).toThrow(/must be/)
  })
})
