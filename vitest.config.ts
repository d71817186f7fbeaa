import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Vitest would load graphql as ESM here and as CommonJS in the libraries, and two copies don't know each other's
  // errors: ours would be masked.
  resolve: { alias: { graphql: 'graphql/index.js' } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: './test/harness/global-setup.ts',
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
