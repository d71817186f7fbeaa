import { readFileSync } from 'node:fs'
import { type GraphQLEnumType, type GraphQLObjectType, type GraphQLUnionType, isObjectType, printSchema } from 'graphql'
import { describe, expect, test } from 'vitest'
import { consoleSchema } from '../../../src/console/schema/schema.ts'
import { schema } from '../../../src/http/graphql/schema.ts'

const enums = ['ErrorCode', 'OrderTradeState', 'PayStatus', 'HomestayPricing', 'ServiceType', 'PayMode']

const valuesOf = (enumName: string) => (schema.getType(enumName) as GraphQLEnumType).getValues()

const membersOf = (mutation: string) =>
  (schema.getType(`${mutation}Result`) as GraphQLUnionType).getTypes().map(({ name }) => name.replace(/Error$/, ''))

describe('the schema', () => {
  test('equals schema.graphql', () => {
    expect(`${printSchema(schema)}\n`).toBe(readFileSync('schema.graphql', 'utf8'))
  })

  test('of the console equals console.graphql', () => {
    expect(`${printSchema(consoleSchema)}\n`).toBe(readFileSync('console.graphql', 'utf8'))
  })

  test('has a type for every error code, named after it, that implements Error', () => {
    const expected = valuesOf('ErrorCode').map(
      ({ name }) =>
        `${name.toLowerCase().replace(/(^|_)(.)/g, (_all, _start, letter: string) => letter.toUpperCase())}Error`,
    )
    const errorTypes = Object.values(schema.getTypeMap()).filter(
      (type): type is GraphQLObjectType =>
        isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Error'),
    )

    expect(errorTypes.map(({ name }) => name).sort()).toEqual(expected.sort())
  })

  test('lists the members of each mutation’s result', () => {
    expect(
      Object.fromEntries(
        [
          'WxLogin',
          'CreateHomestayOrder',
          'CancelHomestayOrder',
          'WxPay',
          'RefundHomestayOrder',
          'RedeemTradeCode',
        ].map((name) => [name, membersOf(name).sort().join(' ')]),
      ),
    ).toMatchInlineSnapshot(`
      {
        "CancelHomestayOrder": "HomestayOrder NotFound OrderNotCancellable RateLimited WechatUnavailable",
        "CreateHomestayOrder": "HomestayOrder HomestayUnavailable IdempotencyKeyReused InvalidInput NotFound RateLimited TooManyUnpaidOrders",
        "RedeemTradeCode": "HomestayOrder RateLimited TradeCodeInvalid",
        "RefundHomestayOrder": "HomestayOrder InvalidInput NotFound OrderNotRefundable RateLimited",
        "WxLogin": "InvalidInput LoginCodeInvalid RateLimited Session WechatUnavailable",
        "WxPay": "NotFound OrderAlreadyPaid OrderNotPayable RateLimited WechatUnavailable WxPayParams",
      }
    `)
  })

  test('describes every value of its enums', () => {
    expect(enums.flatMap(valuesOf).filter(({ description }) => !description)).toEqual([])
  })
})
