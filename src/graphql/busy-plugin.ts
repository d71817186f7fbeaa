import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core'
import type { GraphQLFieldResolver } from 'graphql'
import { DomainError, RateLimitedError } from '../errors.ts'
import { isBusy } from '../infra/pool.ts'
import type { GraphqlContext } from './context.ts'

declare global {
  namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      busy: BusyPlugin<Types>
    }
  }
}

/** A connection is free again as soon as some operation ends. */
const RETRY_AFTER_SECONDS = 1

/**
 * Lets a mutation for which no connection to the database was free in time answer as any limit does: by
 * `RateLimitedError`, which its union has; and notes the code of each expected failure, which is no error of the result. It
 * stands after the errors plugin, which then finds the error.
 */
class BusyPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    { kind }: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (kind !== 'Mutation') return resolver
    return async (source, args, context, info) => {
      try {
        return await resolver(source, args, context, info)
      } catch (error) {
        const current: GraphqlContext = context as never
        const isLimited = isBusy(error)
        if (isLimited) current.deps.metrics.limitRefusals.inc({ limit: 'connectionsToDatabase' })
        const failure = isLimited ? new RateLimitedError(RETRY_AFTER_SECONDS) : error
        if (failure instanceof DomainError) current.failure = failure.code
        throw failure
      }
    }
  }
}

SchemaBuilder.registerPlugin('busy', BusyPlugin)

export const busyPlugin = 'busy'
