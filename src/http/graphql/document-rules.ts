import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  specifiedRules,
  TypeInfo,
  ValidationContext,
  type ValidationRule,
  validate,
  visit,
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

/**
 * Makes the function that holds documents against their limits, one after the other, the cheapest first: what it refuses
 * costs no more. In time that is linear in the document's size, and without looking at types that no rule asks for, which
 * takes ten times longer.
 */
export function createCostCheck({ limits, onRefusal }: Omit<DocumentRulesInput, 'production'>) {
  const refuse: Parameters<DocumentRule>[1] = (context, limit, text) => {
    onRefusal(limit)
    context.reportError(createUserError('BAD_USER_INPUT', text, { status: 400 }))
  }
  const rules = [fewRepeats, fewFields, fewDatabaseFields].map((rule) => rule(limits, refuse))
  return (schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] => {
    const errors: GraphQLError[] = []
    const context = new ValidationContext(schema, document, new TypeInfo(schema), (error) => errors.push(error))
    for (const rule of rules) {
      visit(document, rule(context))
      if (errors.length > 0) break
    }
    return errors
  }
}

/**
 * Makes the function that validates documents: first against the limits, then against the rules of GraphQL, some of which
 * take far longer for a document that is made for it.
 */
export function createValidation({ production, ...input }: DocumentRulesInput) {
  const checkCosts = createCostCheck(input)
  const stages: ValidationRule[][] = [
    // Before GraphQL's own rule about subscriptions, which throws when a condition is a variable.
    [...(production ? [NoSchemaIntrospectionCustomRule] : []), noNulInLiterals, noConditionOnSubscription],
    [...specifiedRules],
  ]
  const options = { maxErrors: MAX_ERRORS, hideSuggestions: production }
  return (schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] => {
    let errors = checkCosts(schema, document)
    for (const rules of stages) {
      if (errors.length > 0) break
      errors = validate(schema, document, rules, options)
    }
    return errors
  }
}
