import { describe, expect, test } from 'vitest'
import { edges, sandboxSources, sources, specifiersOf, toolSources, webSources } from './sources.ts'

const isIn = (folder: string) => (path: string) => path.startsWith(`../web/${folder}/`)

describe('who imports whom in web/', () => {
  test('what the pages share knows none of them', () => {
    const kit = webSources.filter(({ path }) => isIn('kit')(path))
    expect(kit.length).toBeGreaterThan(5)
    expect(edges(kit, (target) => !isIn('kit')(target))).toEqual([])
  })

  test('a page imports itself and what the pages share, and nothing that runs on Node', () => {
    const play = webSources.filter(({ path }) => isIn('play')(path))
    expect(play.length).toBeGreaterThan(30)
    expect(edges(play, (target) => !isIn('play')(target) && !isIn('kit')(target))).toEqual([])
  })

  test('a page needs no package but Preact', () => {
    const packages = webSources.flatMap(specifiersOf).filter((specifier) => !specifier.startsWith('.'))
    expect([...new Set(packages)].toSorted()).toEqual(['preact', 'preact/hooks'])
  })

  test('nothing that runs on Node imports a page, except for unit tests of its functions', () => {
    const others = [...sources, ...sandboxSources, ...toolSources.filter(({ path }) => !path.includes('/test/unit/'))]
    expect(edges(others, (target) => target.startsWith('../web/'))).toEqual([])
  })
})
