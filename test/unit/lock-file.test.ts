import { describe, expect, test } from 'vitest'
import { readRepositoryFile } from './sources.ts'

/** A package as package-lock.json describes it. */
interface Locked {
  /** Of development, and an optional one of production: `npm ci --omit=dev` installs it. */
  devOptional?: boolean
}

const { packages } = JSON.parse(readRepositoryFile('package-lock.json')) as { packages: Record<string, Locked> }
const { peerDependencies, devDependencies } = JSON.parse(readRepositoryFile('package.json')) as Record<
  'peerDependencies' | 'devDependencies',
  Record<string, string>
>

describe('package-lock.json', () => {
  test('keeps everything of development out of production', () => {
    const names = Object.keys(packages)
    expect(names.length).toBeGreaterThan(500)
    expect(names.filter((name) => packages[name]?.devOptional)).toEqual([])
  })

  test('has what only some deployments need in the version that they add, and that is tested', () => {
    expect(Object.keys(peerDependencies).length).toBeGreaterThan(0)
    expect(devDependencies).toMatchObject(peerDependencies)
  })
})
