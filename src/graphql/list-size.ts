import type { GraphQLField } from 'graphql'

/** For the `extensions` of a list that isn't paged: it never holds more items than this, and costs as much. */
export function holdsAtMost(items: number) {
  return { mostItems: items }
}

/** How many items a list may hold; undefined where its field doesn't say. */
export function mostItems({ extensions }: GraphQLField<unknown, unknown>): number | undefined {
  const declared = extensions['mostItems']
  return typeof declared === 'number' ? declared : undefined
}
