import { GraphQLScalarType } from 'graphql'
import { GraphQLDate, GraphQLDateTime } from 'graphql-scalars'

/** In and out as the UTC midnight that Prisma uses for a `DATE`. */
export const DateScalar = new GraphQLScalarType({
  ...GraphQLDate.toConfig(),
  description: 'A calendar day in Asia/Shanghai, `yyyy-mm-dd`.',
})

export const DateTimeScalar = new GraphQLScalarType({
  ...GraphQLDateTime.toConfig(),
  description: 'An instant in UTC, RFC 3339, like `2026-08-01T04:00:00.000Z`.',
})
