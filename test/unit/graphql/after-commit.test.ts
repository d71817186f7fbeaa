import { expect, test } from 'vitest'
import { afterCommit } from '../../../src/graphql/after-commit.ts'
import { isBusy } from '../../../src/infra/pool.ts'

/** A read that finds no connection so many times, as pg-pool says it. */
function readAfter(busyTimes: number) {
  let tries = 0
  return async () => {
    tries += 1
    if (tries <= busyTimes) throw new Error('timeout exceeded when trying to connect')
    return tries
  }
}

test('what was committed is read again when no connection was free', async () => {
  expect(await afterCommit(readAfter(2))).toBe(3)
})

test('a database that stays busy is never said to have done nothing', async () => {
  const error: unknown = await afterCommit(readAfter(3)).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Error)
  expect(isBusy(error)).toBe(false)
})

test('any other failure is thrown as it is, at once', async () => {
  const failure = new Error('no such order')
  await expect(afterCommit(() => Promise.reject(failure))).rejects.toBe(failure)
})
