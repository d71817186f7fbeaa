import type { ExecutionResult, GraphQLError, ValidationRule } from 'graphql'
import { createUserError } from '../../graphql/context.ts'
import type { Text } from '../../texts.ts'
import { documentTexts } from '../texts.ts'

const NUL = '\0'

function createNulError(text: Text): GraphQLError {
  return createUserError('BAD_USER_INPUT', text, { status: 400 })
}

/** Refuses U+0000 in the literals of a document. */
export const noNulInLiterals: ValidationRule = (context) => ({
  StringValue(node) {
    if (node.value.includes(NUL)) context.reportError(createNulError(documentTexts.nulInOperation))
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

/**
 * Refuses U+0000 in variables, which no text column of PostgreSQL can store, before it can fail in a query.
 *
 * @returns the result of the refusal; undefined when there is none.
 */
export function refuseNul(variables: unknown): ExecutionResult | undefined {
  return holdsNul(variables) ? { errors: [createNulError(documentTexts.nulInVariable)] } : undefined
}
