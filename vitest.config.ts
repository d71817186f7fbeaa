import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Most of a test is waiting for a database: a core that Vitest would leave free does its share too.
    maxWorkers: '100%',
    // A condition is waited for, however slow the machine: these end only what would never come.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          exclude: ['test/unit/**'],
          globalSetup: 'test/harness/global-setup.ts',
        },
      },
    ],
  },
  // Vitest would load graphql as ESM here and as CommonJS in the libraries, and two copies don't know each other's
  // errors: ours would be masked.
  resolve: { alias: { graphql: 'graphql/index.js' } },
})
