import '../../homestay/graphql.ts'
import '../../order/graphql.ts'
import '../../order/graphql-availability.ts'
import '../../order/graphql-changes.ts'
import '../../order/graphql-messages.ts'
import '../../notification/graphql.ts'
import '../../payment/graphql.ts'
import '../../user/graphql.ts'
import '../../graphql/scalars.ts'
import { builder } from '../../graphql/builder.ts'
import { maskLeafValues } from '../../graphql/leaf-values.ts'

/** The whole GraphQL schema; building it needs no database. */
export const schema = maskLeafValues(builder.toSchema())
