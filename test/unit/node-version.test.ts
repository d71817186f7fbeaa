import { describe, expect, test } from 'vitest'
import { complainAboutNode } from '../../src/infra/node-version.ts'

describe('what Node is started with', () => {
  test.each(['20.20.2', '22.18.0', '24.15.0'])('says on Node %s that it needs a newer one', (version) => {
    expect(complainAboutNode(version)).toMatch(`needs Node 24.16 or newer, and this is Node ${version}`)
  })

  test.each(['24.16.0', '24.21.0', '26.0.0'])('runs on Node %s', (version) => {
    expect(complainAboutNode(version)).toBeUndefined()
  })
})
