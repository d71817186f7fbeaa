import { parse } from 'graphql'
import type { Plugin } from 'graphql-yoga'

/** Far more than any operation that a person writes, and far fewer than what stalls the parser or the database. */
const MAX_TOKENS = 1_000

/** Refuses an operation with more tokens than that: the parser stops there. */
export function useSizeRules(): Plugin {
  return {
    onParse: ({ setParseFn }) => setParseFn((source, options) => parse(source, { ...options, maxTokens: MAX_TOKENS })),
  }
}
