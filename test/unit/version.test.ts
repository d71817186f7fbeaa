import { describe, expect, test } from 'vitest'
import { openMetrics } from '../../src/infra/metrics.ts'
import { version } from '../../src/infra/version.ts'
import { readRepositoryFile } from './sources.ts'

describe('the version of the code', () => {
  test('is that of package.json, and every process says it in its metrics', async () => {
    expect(version).toBe((JSON.parse(readRepositoryFile('package.json')) as { version: string }).version)
    expect(await openMetrics().registry.metrics()).toContain(`looklook_build_info{version="${version}"} 1\n`)
  })
})
