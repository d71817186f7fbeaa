import SchemaBuilder from '@pothos/core'
import ErrorsPlugin from '@pothos/plugin-errors'
import PrismaPlugin from '@pothos/plugin-prisma'
import RelayPlugin from '@pothos/plugin-relay'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import type PrismaTypes from '../../prisma/pothos.ts'
import { getDatamodel } from '../../prisma/pothos.ts'
import { busyPlugin } from './busy-plugin.ts'
import { createUnauthenticatedError, type GraphqlContext } from './context.ts'

/** The values of an enum of the API: one for each value in the database, with its description. */
export type EnumValues<Value extends string> = { [Each in Value]: { description: string } }

/** The builder that every `graphql.ts` adds its types and fields to. */
export const builder = new SchemaBuilder<{
  Context: GraphqlContext
  PrismaTypes: PrismaTypes
  DefaultFieldNullability: false
  DefaultEdgesNullability: { list: false; items: false }
  DefaultNodeNullability: false
  AuthScopes: { viewer: boolean }
  Scalars: {
    ID: { Input: string; Output: string }
    Date: { Input: Date; Output: Date }
    DateTime: { Input: Date; Output: Date }
  }
}>({
  // The errors plugin comes first, so that it sees what the others throw.
  plugins: [ErrorsPlugin, busyPlugin, ScopeAuthPlugin, RelayPlugin, PrismaPlugin],
  defaultFieldNullability: false,
  // An error that a mutation doesn't list stays an exception, and is masked.
  errors: {
    defaultTypes: [],
    directResult: true,
    defaultUnionOptions: { name: ({ fieldName }) => `${fieldName.charAt(0).toUpperCase()}${fieldName.slice(1)}Result` },
  },
  scopeAuth: {
    authScopes: ({ viewer }) => ({ viewer: viewer !== null }),
    authorizeOnSubscribe: true,
    unauthorizedError: () => createUnauthenticatedError(),
  },
  relay: {
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    edgesFieldOptions: { nullable: { list: false, items: false } },
    nodeFieldOptions: { nullable: false },
  },
  prisma: { client: ({ deps }) => deps.db, dmmf: getDatamodel(), onUnusedQuery: 'error' },
})

builder.queryType()
builder.mutationType()
builder.subscriptionType()
