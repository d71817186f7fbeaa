import {
  type FieldNode,
  type GraphQLNamedType,
  isIntrospectionType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'

export interface SelectedField {
  node: FieldNode
  /** The type that it is selected on. */
  type: MaybeType
}

/** No type where the document names one that the schema doesn't have. */
export type MaybeType = GraphQLNamedType | null | undefined

type Spread = Exclude<SelectionNode, FieldNode>

/** The fields of a selection set and of its fragments, each fragment once however often it is spread. */
export function collectFields(context: ValidationContext, set: SelectionSetNode, type: MaybeType): SelectedField[] {
  const fields: SelectedField[] = []
  const seen = new Set<SelectionSetNode>()
  const collect = ({ selections }: SelectionSetNode, on: MaybeType) => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) fields.push({ node: selection, type: on })
      else spread(selection, on)
    }
  }
  const spread = (selection: Spread, on: MaybeType) => {
    const fragment = findFragment(context, selection)
    if (!fragment || seen.has(fragment.selectionSet)) return
    const condition = fragment.typeCondition ? context.getSchema().getType(fragment.typeCondition.name.value) : on
    // A fragment on an introspection type that doesn't fit is refused by another rule; there is nothing to count in it.
    if (condition !== on && condition && isIntrospectionType(condition)) return
    seen.add(fragment.selectionSet)
    collect(fragment.selectionSet, condition)
  }
  collect(set, type)
  return fields
}

function findFragment(context: ValidationContext, selection: Spread) {
  return selection.kind === Kind.INLINE_FRAGMENT ? selection : context.getFragment(selection.name.value)
}
