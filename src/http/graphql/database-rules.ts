import {
  BREAK,
  type GraphQLField,
  getNamedType,
  isInterfaceType,
  isObjectType,
  OperationTypeNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'
import { asksDatabase } from '../../graphql/asks-database.ts'
import { documentTexts } from '../texts.ts'
import { collectFields, type MaybeType } from './collect-fields.ts'
import type { DocumentRule } from './document-rule.ts'

/**
 * Refuses an operation that asks the database more often than `databaseFields`: each such field takes a connection of
 * the pool that all clients share, and a mutation may call WeChat.
 */
export const fewDatabaseFields: DocumentRule =
  ({ databaseFields: most }, refuse) =>
  (context) => {
    const counts = new Map<SelectionSetNode, number>()
    return {
      OperationDefinition({ operation, selectionSet }) {
        const root = context.getSchema().getRootType(operation)
        if (countSet({ context, root, counts }, selectionSet, root) <= most) return false
        const text = operation === OperationTypeNode.MUTATION ? 'tooManyMutations' : 'tooManyReads'
        refuse(context, 'databaseFields', documentTexts[text](most))
        return BREAK
      },
      FragmentDefinition: () => false,
    }
  }

interface Counting {
  context: ValidationContext
  root: MaybeType
  /** However fragments multiply each other, each set is counted once. */
  counts: Map<SelectionSetNode, number>
}

function countSet(counting: Counting, set: SelectionSetNode, type: MaybeType): number {
  const known = counting.counts.get(set)
  if (known !== undefined) return known
  // Ends the recursion for a fragment that spreads itself, which another rule refuses.
  counting.counts.set(set, 0)
  const asking = new Set<string>()
  let below = 0
  for (const { node, type: on } of collectFields(counting.context, set, type)) {
    const field = findField(on, node.name.value)
    if (!field) continue
    // Fields of one response name are one field.
    if (asksDatabase(field, { isRoot: on === counting.root })) asking.add((node.alias ?? node.name).value)
    if (node.selectionSet) below += countSet(counting, node.selectionSet, getNamedType(field.type))
  }
  counting.counts.set(set, asking.size + below)
  return asking.size + below
}

function findField(type: MaybeType, name: string): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined
}
