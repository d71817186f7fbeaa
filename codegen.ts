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
    scalars: { Date: 'string', DateTime: 'string' },
  },
} as const

/** Typed documents for clients, from `client/operations`, and the types of the page's own operations. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  importExtension: '.ts',
  generates: {
    'client/generated/': { documents: 'client/operations/*.graphql', ...typed },
    'web/play/generated/': { documents: 'web/play/api/operations.ts', ...typed },
  },
}

export default config
