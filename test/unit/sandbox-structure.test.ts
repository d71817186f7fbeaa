import { describe, expect, test } from 'vitest'
import { byName, edges, readRepositoryFile, sandboxSources, sources, specifiersOf, toolSources } from './sources.ts'

const PACKAGE = '../packages/sandbox/'

interface Manifest {
  name: string
  version: string
  dependencies: Record<string, string>
}

/** What this repository uses, and what others install. */
const manifest = JSON.parse(readRepositoryFile('packages/sandbox/src/package.json')) as Manifest
const packed = JSON.parse(readRepositoryFile('packages/sandbox/package.json')) as Manifest

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

  test('the packed sandbox is the one that is used here', () => {
    const { name, version, dependencies } = manifest
    expect(packed).toMatchObject({ name, version, dependencies })
  })

  test('the sandbox’s command imports nothing before it knows that Node is new enough', () => {
    const command = sandboxSources.find(({ path }) => path.endsWith('/bin.ts'))
    expect(command?.code).toMatch(/await import\(/)
    expect(command?.code).not.toMatch(/^import /m)
  })

  test('the product imports the sandbox in sandbox.ts and start.ts alone', () => {
    const importers = sources.filter((source) => specifiersOf(source).some((each) => each.startsWith(manifest.name)))
    expect(importers.map(({ path }) => path).toSorted(byName)).toEqual(['sandbox.ts', 'start.ts'])
  })

  test('everybody imports the sandbox by its name, and nobody by its path', () => {
    expect(edges([...sources, ...toolSources], (target) => target.startsWith(PACKAGE))).toEqual([])
  })
})
