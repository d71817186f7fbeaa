import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql'
import type { Limits } from '../../config/limits.ts'
import { createUserError } from '../../graphql/context.ts'
import { fewFields } from './cost-rules.ts'
import { fewDatabaseFields } from './database-rules.ts'
import type { DocumentRule } from './document-rule.ts'
import { fewRepeats } from './size-rules.ts'
import { noConditionOnSubscription } from './subscription-rules.ts'
import { noNulInLiterals } from './text-rules.ts'

/** Each error costs the time to find its place, and a line of the answer. */
const MAX_ERRORS = 10

export interface DocumentRulesInput {
  limits: Limits
  /** Without introspection, and without suggestions, which name what the schema has. */
  production: boolean
  onRefusal: (limit: keyof Limits) => void
}

/** The rules about what a document costs. */
export function createCostRules({ limits, onRefusal }: Omit<DocumentRulesInput, 'production'>): ValidationRule[] {
  const refuse: Parameters<DocumentRule>[1] = (context, limit, message) => {
    onRefusal(limit)
    context.reportError(createUserError('BAD_USER_INPUT', message, { status: 400 }))
  }
  return [fewRepeats, fewFields, fewDatabaseFields].map((rule) => rule(limits, refuse))
}

/**
 * Makes the function that validates documents: first against the limits, in time that is linear in the document's size,
 * then against the rules of GraphQL, some of which take far longer for a document that is made for it.
 */
export function createValidation({ limits, production, onRefusal }: DocumentRulesInput) {
  const stages: ValidationRule[][] = [
    production ? [NoSchemaIntrospectionCustomRule] : [],
    // One by one, the cheapest first: what it refuses costs no more.
    ...createCostRules({ limits, onRefusal }).map((rule) => [rule]),
    // Before GraphQL's own rule about subscriptions, which throws when a condition is a variable.
    [noNulInLiterals, noConditionOnSubscription],
    [...specifiedRules],
  ]
  const options = { maxErrors: MAX_ERRORS, hideSuggestions: production }
  return (schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] => {
    for (const rules of stages) {
      const errors = validate(schema, document, rules, options)
      if (errors.length > 0) return errors
    }
    return []
  }
}
