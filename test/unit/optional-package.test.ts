import { describe, expect, test } from 'vitest'
import { loadOptional, MissingPackageError } from '../../src/infra/optional-package.ts'

const NAME = '@looklook-pay/never-published'

/** As Node imports it for a process; of a variable, since there are no types of it. */
const load = () => import(NAME)

describe('a package that only some installations have', () => {
  test('is said to be missing where it is', async () => {
    await expect(loadOptional(NAME, load, 'It is missing.')).rejects.toThrow(new MissingPackageError('It is missing.'))
  })

  test('is said to be missing where its scope has none of it', async () => {
    await expect(loadOptional('@looklook-pay', load, 'It is missing.')).rejects.toThrow(MissingPackageError)
    await expect(loadOptional('@looklook', load, 'It is missing.')).rejects.not.toThrow(MissingPackageError)
  })

  test('fails as it does where something else is wrong with it', async () => {
    const broken = Object.assign(new Error(`Cannot find package 'other' imported from '/of/${NAME}/main.js'`), {
      code: 'ERR_MODULE_NOT_FOUND',
    })
    await expect(loadOptional(NAME, () => Promise.reject(broken), 'It is missing.')).rejects.toBe(broken)
  })

  test('is what its import gives where it is there', async () => {
    expect(await loadOptional('node:path', () => import('node:path'), 'It is missing.')).toHaveProperty('join')
  })
})
