import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { bundleClient } from '../../../client/bundle.ts'

const MAX_BYTES = 12.5 * 1024

/** APIs added after ECMAScript 2018, and browser APIs of that time: the bundler rewrites syntax, but adds no APIs. */
const newer = [
  // 2019 to 2022
  /\.(?:flat|flatMap|trimStart|trimEnd|matchAll|replaceAll|at)\(/,
  /\bObject\.(?:fromEntries|hasOwn|groupBy)\b/,
  /\bPromise\.(?:allSettled|any|withResolvers|try)\b/,
  /\b(?:globalThis|BigInt|WeakRef|FinalizationRegistry|AggregateError)\b/,
  // 2023 and later
  /\.(?:findLast|findLastIndex|toSorted|toReversed|toSpliced|isWellFormed|toWellFormed)\(/,
  /\b(?:Array\.fromAsync|Map\.groupBy|Iterator\.from)\b/,
  // browser APIs
  /\b(?:structuredClone|queueMicrotask)\b/,
  /\bAbortSignal\.(?:timeout|any|abort)\b/,
  /\brandomUUID\b/,
]

function newerThan2018(code: string): string[] {
  return newer.flatMap((pattern) => pattern.exec(code)?.[0] ?? [])
}

describe('the bundled client', () => {
  test.for(['esm', 'cjs'] as const)(
    'the %s bundle of the client, graphql-ws included, is under 12.5 KB gzipped',
    async (format) => {
      const code = await bundleClient({ input: 'client/src/pay-client.ts', format })

      expect(gzipSync(code).length).toBeLessThan(MAX_BYTES)
      expect(code).toContain('graphql-transport-ws')
      expect(code).toContain('paymentStatusChanged')
    },
  )

  test('the bundled client contains no GraphQL parser: it sends its documents as strings', async () => {
    const code = await bundleClient({ input: 'client/src/pay-client.ts', format: 'esm' })

    expect(code).not.toMatch(/OperationDefinition|SelectionSet/)
  })

  test('the bundled client uses nothing newer than ECMAScript 2018, for old phones', async () => {
    const code = await bundleClient({ input: 'client/src/pay-client.ts', format: 'cjs' })

    expect(code).not.toMatch(/\?\.[a-z[(]|\?\?/i)
    expect(newerThan2018(code)).toEqual([])
  })

  test('the check for newer APIs recognises those added since ECMAScript 2018', () => {
    const additions = [
      'list.at(-1)',
      'list.flat()',
      'list.flatMap(f)',
      'text.replaceAll(a, b)',
      'text.matchAll(a)',
      'text.trimEnd()',
      'Object.fromEntries(list)',
      'Object.hasOwn(a, b)',
      'Promise.any(all)',
      'Promise.allSettled(all)',
      'structuredClone(a)',
      'queueMicrotask(f)',
      'globalThis.a',
      'new WeakRef(a)',
      'AbortSignal.timeout(1)',
      'AbortSignal.any(all)',
      'crypto.randomUUID()',
      'list.findLast(f)',
      'list.toSorted()',
      'Promise.withResolvers()',
      'Array.fromAsync(a)',
    ]

    expect(additions.filter((code) => newerThan2018(code).length === 0)).toEqual([])
  })
})
