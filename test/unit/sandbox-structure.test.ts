import { describe, expect, test } from 'vitest'
import { byName, edges, readRepositoryFile, sandboxSources, sources, specifiersOf, toolSources } from './sources.ts'

const PACKAGE = '../packages/sandbox/'

const manifest = JSON.parse(readRepositoryFile('packages/sandbox/package.json')) as {
  name: string
  dependencies: Record<string, string>
}

const isBuiltin = (specifier: string) => specifier.startsWith('node:')

describe('the sandbox package', () => {
  test('the sandbox imports no file of the product', () => {
    expect(sandboxSources.length).toBeGreaterThan(50)
    expect(edges(sandboxSources, (target) => !target.startsWith(PACKAGE))).toEqual([])
  })

  test('the sandbox declares the packages that it imports, and no other', () => {
    const packages = sandboxSources.flatMap(specifiersOf).filter((specifier) => !specifier.startsWith('.'))
    const imported = new Set(packages.filter((specifier) => !isBuiltin(specifier)))
    expect([...imported].toSorted(byName)).toEqual(Object.keys(manifest.dependencies).toSorted(byName))
  })

  test('the product imports the sandbox in sandbox.ts and start.ts alone', () => {
    const importers = sources.filter((source) => specifiersOf(source).some((each) => each.startsWith(manifest.name)))
    expect(importers.map(({ path }) => path).toSorted(byName)).toEqual(['sandbox.ts', 'start.ts'])
  })

  test('everybody imports the sandbox by its name, and nobody by its path', () => {
    expect(edges([...sources, ...toolSources], (target) => target.startsWith(PACKAGE))).toEqual([])
  })
})
