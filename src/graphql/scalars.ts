import { GraphQLScalarType } from 'graphql'
import { GraphQLDate, GraphQLDateTime } from 'graphql-scalars'
import { builder } from './builder.ts'

/** In and out as the UTC midnight that Prisma uses for a `DATE`. */
const DateScalar = new GraphQLScalarType({
  ...GraphQLDate.toConfig(),
  description: 'A calendar day in Asia/Shanghai, `yyyy-mm-dd`.',
})

const DateTimeScalar = new GraphQLScalarType({
  ...GraphQLDateTime.toConfig(),
  description: 'An instant in UTC, RFC 3339, like `2026-08-01T04:00:00.000Z`.',
})

builder.addScalarType('Date', DateScalar)
builder.addScalarType('DateTime', DateTimeScalar)
