import { describe, expect, test } from 'vitest'
import { batchPerOperation } from '../../../src/graphql/batch.ts'

describe('a batched reader', () => {
  test('reads all keys of one tick by one query, each operation by its own', async () => {
    const reads: string[][] = []
    const read = batchPerOperation(async (_operation: object, keys: string[]) => {
      reads.push(keys)
      return new Map(keys.filter((key) => key !== 'nothing').map((key) => [key, key.toUpperCase()]))
    })
    const [one, other] = [{}, {}]

    const values = await Promise.all([
      read(one, 'a'),
      read(one, 'b'),
      read(one, 'a'),
      read(one, 'nothing'),
      read(other, 'a'),
    ])
    expect(values).toEqual(['A', 'B', 'A', null, 'A'])
    expect(reads).toEqual([['a', 'b', 'nothing'], ['a']])
  })

  test('reads again in a later tick', async () => {
    const reads: string[][] = []
    const read = batchPerOperation(async (_operation: object, keys: string[]) => {
      reads.push(keys)
      return new Map<string, string>()
    })
    const operation = {}
    await read(operation, 'a')
    await read(operation, 'a')
    expect(reads).toEqual([['a'], ['a']])
  })

  test('rejects every pending key when the read fails', async () => {
    const read = batchPerOperation(async () => {
      throw new Error('the database is away')
    })
    const operation = {}
    const answers = await Promise.allSettled([read(operation, 'a'), read(operation, 'b')])
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })
})
