import type { GraphQLField } from 'graphql'

/**
 * For the `extensions` of a field: it asks the database once for each place where it stands in an operation, however long
 * the lists above it are (`batchPerOperation`). A field of Query, Mutation or Subscription needs no mark: it counts as one
 * that asks.
 */
export const ASKS_DATABASE = { asksDatabase: true }

/** For the `extensions` of a field of Query, Mutation or Subscription that doesn't ask the database. */
export const ASKS_NO_DATABASE = { asksDatabase: false }

/** Whether a field asks the database. */
export function asksDatabase({ extensions }: GraphQLField<unknown, unknown>, { isRoot }: { isRoot: boolean }): boolean {
  const marked = extensions['asksDatabase']
  return typeof marked === 'boolean' ? marked : isRoot
}
