import { GraphQLError, type ValidationRule } from 'graphql'
import type { Plugin } from 'graphql-yoga'

const NUL = '\0'

function createNulError(where: string): GraphQLError {
  return new GraphQLError(`${where} holds the character U+0000. Send text without it.`, {
    extensions: { code: 'BAD_USER_INPUT', http: { status: 400, spec: true } },
  })
}

/** Refuses U+0000 in the literals of a document. */
export const noNulInLiterals: ValidationRule = (context) => ({
  StringValue(node) {
    if (node.value.includes(NUL)) context.reportError(createNulError('A text in the operation'))
  },
})

/** Without recursion: variables that the operation doesn't declare may be nested to any depth. */
function holdsNul(variables: unknown): boolean {
  const rest = [variables]
  while (rest.length > 0) {
    const value = rest.pop()
    if (typeof value === 'string' && value.includes(NUL)) return true
    if (typeof value === 'object' && value !== null) for (const below of Object.values(value)) rest.push(below)
  }
  return false
}

/** Refuses U+0000 in variables, which no text column of PostgreSQL can store, before it can fail in a query. */
export function useTextRules(): Plugin {
  return {
    onExecute({ args, setResultAndStopExecution }) {
      if (holdsNul(args.variableValues)) setResultAndStopExecution({ errors: [createNulError('A variable')] })
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      if (holdsNul(args.variableValues)) setResultAndStopExecution({ errors: [createNulError('A variable')] })
    },
  }
}
