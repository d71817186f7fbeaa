import type { CodegenConfig } from '@graphql-codegen/cli'

const typed = {
  preset: 'client',
  presetConfig: { fragmentMasking: false },
  config: {
    // Plain strings: a client needs neither graphql-js nor its syntax trees.
    documentMode: 'string',
    useTypeImports: true,
    enumsAsTypes: true,
    strictScalars: true,
    scalars: { Date: 'string', DateTime: 'string', Fen: 'number' },
  },
} as const

/** Typed documents for clients, from `client/operations`, and the types of the pages' own operations. */
const config: CodegenConfig = {
  importExtension: '.ts',
  generates: {
    'client/generated/': { schema: 'schema.graphql', documents: 'client/operations/*.graphql', ...typed },
    'web/play/generated/': { schema: 'schema.graphql', documents: 'web/play/api/operations.ts', ...typed },
    'web/console/generated/': { schema: 'console.graphql', documents: 'web/console/api/*-operations.ts', ...typed },
  },
}

export default config
