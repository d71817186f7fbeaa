import SchemaBuilder from '@pothos/core'
import PrismaPlugin from '@pothos/plugin-prisma'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { GraphQLScalarType } from 'graphql'
import { GraphQLSafeInt } from 'graphql-scalars'
import type PrismaTypes from '../../../prisma/pothos.ts'
import { getDatamodel } from '../../../prisma/pothos.ts'
import { createUserError } from '../../graphql/context.ts'
import { DateScalar, DateTimeScalar } from '../../graphql/scalar-types.ts'
import { consoleTexts } from '../texts.ts'
import type { ConsoleContext } from './context.ts'

/** What the console's types are built with. It is a schema of its own: guests' API has nothing of it. */
export const builder = new SchemaBuilder<{
  Context: ConsoleContext
  PrismaTypes: PrismaTypes
  DefaultFieldNullability: false
  AuthScopes: { operator: boolean }
  Scalars: {
    ID: { Input: string; Output: string }
    Date: { Input: Date; Output: Date }
    DateTime: { Input: Date; Output: Date }
    Fen: { Input: number; Output: number }
  }
}>({
  plugins: [ScopeAuthPlugin, PrismaPlugin],
  defaultFieldNullability: false,
  // Nobody gets here without a session, so that only its role is left to ask for.
  scopeAuth: {
    authScopes: ({ operator }) => ({ operator: operator.role === 'OPERATOR' }),
    unauthorizedError: () => createUserError('FORBIDDEN', consoleTexts.forbidden),
  },
  prisma: { client: ({ deps }) => deps.db, dmmf: getDatamodel() },
})

builder.queryType()
builder.mutationType()
builder.subscriptionType()
builder.addScalarType('Date', DateScalar)
builder.addScalarType('DateTime', DateTimeScalar)

/** Beyond Int's 32 bits: a busy day takes more than 21 million yuan. */
builder.addScalarType(
  'Fen',
  new GraphQLScalarType({ ...GraphQLSafeInt.toConfig(), name: 'Fen', description: 'Whole fen, 1/100 CNY.' }),
)
