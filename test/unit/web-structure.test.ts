import { describe, expect, test } from 'vitest'
import {
  byName,
  edges,
  type Source,
  sandboxSources,
  sources,
  specifiersOf,
  toolSources,
  webSources,
} from './sources.ts'

const OF_THE_SANDBOX = /^@looklook-pay\/sandbox\//
const draws = ({ path }: Source) => path.endsWith('/board/draw-plot.ts')

function packagesOf(sources: Source[]): string[] {
  const packages = sources.flatMap(specifiersOf).filter((specifier) => !specifier.startsWith('.'))
  return [...new Set(packages)].toSorted(byName)
}

const isIn = (folder: string) => (path: string) => path.startsWith(`../web/${folder}/`)

describe('who imports whom in web/', () => {
  test('what the pages share knows none of them', () => {
    const kit = webSources.filter(({ path }) => isIn('kit')(path))
    expect(kit.length).toBeGreaterThan(5)
    expect(edges(kit, (target) => !isIn('kit')(target))).toEqual([])
  })

  test.for(['play', 'console', 'sandbox'])(
    '%s imports itself and what the pages share, and nothing that runs on Node',
    (page) => {
      const own = webSources.filter(({ path }) => isIn(page)(path))
      expect(own.length).toBeGreaterThan(20)
      expect(edges(own, (target) => !isIn(page)(target) && !isIn('kit')(target))).toEqual([])
    },
  )

  test('a page needs no package but Preact, what makes QR codes, and what draws plots, which is loaded by itself', () => {
    const packages = packagesOf(webSources.filter((source) => !draws(source)))
    expect(packages.filter((name) => !OF_THE_SANDBOX.test(name))).toEqual(['preact', 'preact/hooks', 'qr'])
    expect(packagesOf(webSources.filter(draws))).toEqual(['uplot', 'uplot/dist/uPlot.min.css'])
    const loading = webSources.filter(({ code }) => /(?<!import type .*)'\.\/draw-plot\.ts'/.test(code))
    expect(loading.map(({ path }) => path)).toEqual(['../web/console/board/plot.tsx'])
  })

  test('the sandbox’s page takes types of the sandbox, and nothing that runs', () => {
    const takers = webSources.filter((source) => specifiersOf(source).some((name) => OF_THE_SANDBOX.test(name)))
    expect(takers.map(({ path }) => path)).toEqual(['../web/sandbox/api/types.ts'])
    expect(takers[0]?.code).not.toMatch(/^(import|export) (?!type|interface)/m)
  })

  test('nothing that runs on Node imports a page, except for unit tests of its functions', () => {
    const others = [...sources, ...sandboxSources, ...toolSources.filter(({ path }) => !path.includes('/test/unit/'))]
    expect(edges(others, (target) => target.startsWith('../web/'))).toEqual([])
  })
})
