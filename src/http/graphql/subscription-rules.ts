import {
  type DocumentNode,
  Kind,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationRule,
} from 'graphql'
import { createUserError } from '../../graphql/context.ts'
import { documentTexts } from '../texts.ts'

/**
 * Refuses @skip and @include on the root field of a subscription: a condition could leave no field to subscribe to.
 * Source: CollectSubscriptionFields, https://spec.graphql.org/September2025/#sec-Single-Root-Field
 */
export const noConditionOnSubscription: ValidationRule = (context) => ({
  Document(document) {
    if (!isConditional(document)) return
    context.reportError(createUserError('BAD_USER_INPUT', documentTexts.conditionalSubscription, { status: 400 }))
  },
})

function isConditional(document: DocumentNode): boolean {
  const seen = new Set<SelectionSetNode>()
  const holdsCondition = ({ directives = [], ...selection }: SelectionNode): boolean => {
    if (directives.some(({ name }) => name.value === 'skip' || name.value === 'include')) return true
    const below = selection.kind === Kind.FIELD ? undefined : findSelections(document, selection)
    if (!below || seen.has(below)) return false
    seen.add(below)
    return below.selections.some(holdsCondition)
  }
  return document.definitions.some(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      definition.operation === OperationTypeNode.SUBSCRIPTION &&
      definition.selectionSet.selections.some(holdsCondition),
  )
}

function findSelections(document: DocumentNode, selection: Exclude<SelectionNode, { kind: Kind.FIELD }>) {
  if (selection.kind === Kind.INLINE_FRAGMENT) return selection.selectionSet
  const named = document.definitions.find(
    (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value,
  )
  return named?.kind === Kind.FRAGMENT_DEFINITION ? named.selectionSet : undefined
}
