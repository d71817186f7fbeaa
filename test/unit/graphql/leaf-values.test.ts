import { buildSchema, execute, GraphQLError, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { maskLeafValues } from '../../../src/graphql/leaf-values.ts'

const SDL = 'enum Colour { RED } type Query { number: Int colour: Colour }'

async function executeWith(rootValue: object) {
  // Twice, as where two schemas share their scalars.
  const schema = maskLeafValues(maskLeafValues(buildSchema(SDL)))
  return execute({ schema, document: parse('{ number colour }'), rootValue })
}

describe('values of scalars and enums', () => {
  test('are answered as they are', async () => {
    expect(await executeWith({ number: 7, colour: 'RED' })).toEqual({ data: { number: 7, colour: 'RED' } })
  })

  test('that their type can’t carry are errors like any other of ours, so that they are masked', async () => {
    const { data, errors = [] } = await executeWith({ number: 2 ** 31, colour: 'green' })
    expect(data).toEqual({ number: null, colour: null })
    expect(errors.map(({ originalError }) => originalError?.message)).toEqual([
      'Int cannot represent non 32-bit signed integer value: 2147483648',
      'Enum "Colour" cannot represent value: "green"',
    ])
    for (const { originalError } of errors) expect(originalError).not.toBeInstanceOf(GraphQLError)
  })
})
