import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import LongestFirst from './test/harness/longest-first.ts'

export default defineConfig({
  test: {
    // Two thirds of a test are waiting, for a database, a process or a browser: with one worker a core, a quarter of the cores did
    // nothing, with two a fourteenth.
    maxWorkers: Math.ceil(availableParallelism() * 2.5),
    // Files of one worker share what they import: to load and warm up the app took longer than most files' tests.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    setupFiles: 'test/harness/left-as-found.ts',
    // A condition is waited for, however slow the machine: these end only what would never come.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 300_000, interval: 10 } },
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          exclude: ['test/unit/**', 'test/integration/payable/course-graphql.test.ts'],
          globalSetup: 'test/harness/global-setup.ts',
        },
      },
      {
        extends: true,
        test: {
          name: 'own-schema',
          include: ['test/integration/payable/course-graphql.test.ts'],
          // It adds to the GraphQL schema, which is one for all that are loaded together.
          isolate: true,
          globalSetup: 'test/harness/global-setup.ts',
        },
      },
    ],
  },
  // Vitest would load graphql as ESM here and as CommonJS in the libraries, and two copies don't know each other's
  // errors: ours would be masked.
  resolve: { alias: { graphql: 'graphql/index.js' } },
})
