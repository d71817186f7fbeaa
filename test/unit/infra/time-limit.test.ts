import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createTimeLimit } from '../../../src/infra/time-limit.ts'

describe('a time limit', () => {
  test('gives what an operation gives in time, a result or an error', async () => {
    const inTime = createTimeLimit(60_000)
    const failure = new Error('the database is away')
    expect(await inTime(Promise.resolve('committed'))).toBe('committed')
    await expect(inTime(Promise.reject(failure))).rejects.toBe(failure)
  })

  test('ends the waiting for each operation that is late, whenever it began, and for no other', async () => {
    const inTime = createTimeLimit(20)
    const ended: string[] = []
    const begin = (name: string, operation: Promise<unknown>) =>
      inTime(operation).then(
        () => ended.push(`${name} is done`),
        ({ message }: Error) => ended.push(`${name}: ${message}`),
      )
    const never = new Promise(() => {})

    await Promise.all([begin('a', never), begin('b', Promise.resolve()), sleep(10).then(() => begin('c', never))])
    await begin('d', never)

    expect(ended).toEqual(['b is done', ...['a', 'c', 'd'].map((name) => `${name}: no answer within 0.02 s`)])
  })

  test('swallows what becomes of an operation that nobody waits for any more', async () => {
    const inTime = createTimeLimit(1)
    const late = Promise.withResolvers<void>()
    await expect(inTime(late.promise)).rejects.toThrow('within')
    late.reject(new Error('too late'))
    await sleep(1)
  })
})
