import { parse } from 'graphql'
import type { Plugin } from 'graphql-yoga'

/** Far above any operation that a person writes, and far below what stalls the parser or the database. */
const MAX_TOKENS = 1_000

/** Refuses operations of more tokens than that, before they are parsed any further. */
export function useSizeRules(): Plugin {
  return {
    onParse: ({ setParseFn }) => setParseFn((source, options) => parse(source, { ...options, maxTokens: MAX_TOKENS })),
  }
}
