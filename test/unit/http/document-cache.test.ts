import { parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createDocumentCache } from '../../../src/http/graphql/document-cache.ts'

const small = (name: string) => parse(`{ ${name} }`)
const textOf = (name: string) => `{ ${name} }`
/** Room for three small documents. */
const FEW_BYTES = 3 * 5 * 400 + 500

describe('the cache of documents', () => {
  test('gives a document back by its text', () => {
    const cache = createDocumentCache(FEW_BYTES)
    const document = small('a')
    expect(cache.find(textOf('a'))).toBeUndefined()
    cache.keep(document)
    expect(cache.find(textOf('a'))).toBe(document)
    expect([cache.has(document), cache.has(small('a'))]).toEqual([true, false])
  })

  test('forgets those that were used least recently once its bytes are used up', () => {
    const cache = createDocumentCache(FEW_BYTES)
    for (const name of ['a', 'b', 'c']) cache.keep(small(name))
    cache.find(textOf('a'))
    cache.keep(small('d'))
    const kept = ['a', 'b', 'c', 'd'].filter((name) => cache.find(textOf(name)) !== undefined)
    expect(kept).toEqual(['a', 'c', 'd'])
  })

  test('counts a document again that was parsed twice at once only once', () => {
    const cache = createDocumentCache(FEW_BYTES)
    for (let times = 0; times < 100; times++) cache.keep(small('a'))
    cache.keep(small('b'))
    expect(cache.find(textOf('a'))).toBeDefined()
  })

  test('keeps nothing that is larger than all of its bytes, and forgets nothing for it', () => {
    const cache = createDocumentCache(FEW_BYTES)
    cache.keep(small('a'))
    const large = parse(`{ a } #${'x'.repeat(FEW_BYTES)}`)
    cache.keep(large)
    expect(cache.has(large)).toBe(false)
    expect(cache.find(textOf('a'))).toBeDefined()
  })

  test('takes no more memory than its bytes for documents that are all different', () => {
    const bytes = 2 * 1024 * 1024
    const cache = createDocumentCache(bytes)
    const kept = () => texts.filter((text) => cache.find(text) !== undefined).length
    const texts = Array.from({ length: 2_000 }, (_, n) => `{ a${n} } #${'x'.repeat(20_000)}`)
    for (const text of texts) cache.keep(parse(text))
    expect(kept()).toBeGreaterThan(10)
    expect(kept() * 20_000).toBeLessThan(bytes)
  })
})
