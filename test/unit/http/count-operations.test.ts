import { type ExecutionResult, GraphQLError, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createOperationCounter } from '../../../src/http/graphql/count-operations.ts'
import { openMetrics } from '../../../src/infra/metrics.ts'

/** Counts one operation. @returns the series that it is in. */
async function countedAs(text: string, result: ExecutionResult, { operationName = '', failure = '' } = {}) {
  const metrics = openMetrics()
  const count = createOperationCounter({ metrics })
  const contextValue = failure === '' ? {} : { failure }
  count(
    { document: parse(text), operationName: operationName === '' ? undefined : operationName, contextValue },
    result,
  )
  const exposed = await metrics.registry.getSingleMetricAsString('looklook_operations_total')
  return exposed.split('\n').filter((line) => line.startsWith('looklook_'))
}

const series = (operation: string, outcome: string) => [
  `looklook_operations_total{operation="${operation}",outcome="${outcome}"} 1`,
]
const failed = (code?: string, unexpected?: true): ExecutionResult => ({
  errors: [new GraphQLError('No.', { extensions: { code, unexpected } })],
})

describe('an operation is counted', () => {
  test('by its field, whatever a client calls it', async () => {
    expect(await countedAs('query mine { alias: me { id } }', {})).toEqual(series('me', 'ok'))
    const two = 'query a { me { id } } mutation b { logout }'
    expect(await countedAs(two, {}, { operationName: 'b' })).toEqual(series('logout', 'ok'))
  })

  test.for(['{ me { id } messageTemplates { kind } }', '{ __typename }', '{ ...a } fragment a on Query { me { id } }'])(
    'as another where it is not one field: %s',
    async (text) => {
      expect(await countedAs(text, {})).toEqual(series('other', 'ok'))
    },
  )

  test('by the code of its failure, which may be data', async () => {
    const pay = 'mutation { wxPay(input: { orderSn: "1" }) { __typename } }'
    expect(await countedAs(pay, {}, { failure: 'WECHAT_UNAVAILABLE' })).toEqual(series('wxPay', 'WECHAT_UNAVAILABLE'))
    expect(await countedAs(pay, failed('UNAUTHENTICATED'))).toEqual(series('wxPay', 'UNAUTHENTICATED'))
    expect(await countedAs(pay, failed('SOMETHING'))).toEqual(series('wxPay', 'refused'))
    expect(await countedAs(pay, failed())).toEqual(series('wxPay', 'refused'))
  })

  test('as failed where it is our fault', async () => {
    expect(await countedAs('{ me { id } }', failed('INTERNAL_SERVER_ERROR', true))).toEqual(series('me', 'failed'))
  })

  test('not at all where there is none', async () => {
    expect(await countedAs('{ me { id } }', {}, { operationName: 'other' })).toEqual([])
  })
})
