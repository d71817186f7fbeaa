import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { bundleClient } from '../../../client/bundle.ts'

const MOST_BYTES = 12 * 1024

describe('the bundled client', () => {
  test.for(['esm', 'cjs'] as const)('has less than 12 KB gzipped, with graphql-ws and all, as %s', async (format) => {
    const code = await bundleClient({ input: 'client/src/pay-client.ts', format })

    expect(gzipSync(code).length).toBeLessThan(MOST_BYTES)
    expect(code).toContain('graphql-transport-ws')
    expect(code).toContain('paymentStatusChanged')
  })

  test('sends its documents as they are: no parser of GraphQL is inside', async () => {
    const code = await bundleClient({ input: 'client/src/pay-client.ts', format: 'esm' })

    expect(code).not.toMatch(/OperationDefinition|SelectionSet/)
  })

  test('is written in the language of 2018, for old phones', async () => {
    const code = await bundleClient({ input: 'client/src/pay-client.ts', format: 'cjs' })

    expect(code).not.toMatch(/\?\.[a-z[(]|\?\?/i)
  })
})
