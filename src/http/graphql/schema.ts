import '../../homestay/graphql.ts'
import '../../order/graphql.ts'
import '../../order/graphql-changes.ts'
import '../../payment/graphql.ts'
import '../../user/graphql.ts'
import '../../graphql/scalars.ts'
import { builder } from '../../graphql/builder.ts'

/** The whole GraphQL schema; building it needs no database. */
export const schema = builder.toSchema()
