import {
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isObjectType,
  Kind,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { createUserError } from '../../graphql/context.ts'
import { DEFAULT_SIZE, MAX_SIZE } from '../../graphql/page.ts'

/**
 * Room for two full pages of 100 orders with all fields and their payments (3,907 each), and for the introspection of
 * the whole schema that tools send (3,487). So many fields keep the process busy for some tens of milliseconds.
 */
const MAX_FIELDS = 10_000
/** Each may be a call to WeChat. */
const MAX_MUTATIONS = 10
/** Assumed for a list that isn't paged, like the invalid fields of an input. */
const LIST_SIZE = 10

const fewFields: ValidationRule = (context) => {
  const counting: Counting = { context, sets: new Map() }
  return {
    OperationDefinition({ operation, selectionSet }) {
      if (countSet(counting, selectionSet, context.getSchema().getRootType(operation)) <= MAX_FIELDS) return
      const sizes = `smaller pages (written into the operation: a variable counts as ${MAX_SIZE})`
      const remedy = `Ask for fewer fields or ${sizes}, or in several operations.`
      refuse(context, `The operation would give more than ${MAX_FIELDS} fields. ${remedy}`)
    },
  }
}

const fewMutations: ValidationRule = (context) => ({
  OperationDefinition({ operation, selectionSet }) {
    if (operation !== OperationTypeNode.MUTATION || collectNames(context, selectionSet).size <= MAX_MUTATIONS) return
    refuse(context, `An operation holds ${MAX_MUTATIONS} mutations at most. Send the others by themselves.`)
  },
})

export const costRules: ValidationRule[] = [fewFields, fewMutations]

/** Refuses operations that cost more than the process should do at once, before any of it is done. */
export function useCostRules(): Plugin {
  return {
    onValidate({ addValidationRule }) {
      for (const rule of costRules) addValidationRule(rule)
    },
  }
}

function refuse(context: ValidationContext, message: string): void {
  context.reportError(createUserError('BAD_USER_INPUT', message, { status: 400 }))
}

/** What has been counted of one document so far. */
interface Counting {
  context: ValidationContext
  sets: Map<SelectionSetNode, CountedSet>
}

interface CountedSet {
  fields: SelectedField[]
  /** How many fields they are, for each subject that they are selected on. */
  counts: Map<Subject, number>
}

interface SelectedField {
  node: FieldNode
  /** The type that it is selected on. */
  type: MaybeType
}

/**
 * What a selection set is applied to, as far as its count depends on that: in introspection the part of the schema that
 * it shows, in a connection the size of the page.
 */
type Subject = unknown

/** No type where the document names one that the schema doesn't have. */
type MaybeType = GraphQLNamedType | null | undefined

/**
 * Counts the fields that a selection set yields, its fragments included: exactly in introspection, elsewhere the most
 * that are possible. However fragments multiply each other, each set is counted once for each subject.
 */
function countSet(counting: Counting, set: SelectionSetNode, type: MaybeType, subject?: Subject): number {
  const { fields, counts } = counting.sets.get(set) ?? {
    fields: collectFields(counting.context, set, type),
    counts: new Map<Subject, number>(),
  }
  counting.sets.set(set, { fields, counts })
  const count = counts.get(subject)
  if (count !== undefined) return count
  // Ends the recursion for a fragment that spreads itself, which another rule refuses.
  counts.set(subject, 0)
  const sum = total(fields, (field) => countField(counting, field, subject))
  counts.set(subject, sum)
  return sum
}

function countField(counting: Counting, { node, type }: SelectedField, subject: Subject): number {
  const { name, selectionSet } = node
  if (!selectionSet) return 1
  const schema = counting.context.getSchema()
  const countAll = (below: MaybeType, subjects: readonly unknown[]) =>
    1 + total(subjects, (each) => countSet(counting, selectionSet, below, each))
  if (name.value === '__schema') return countAll(schema.getType('__Schema'), [schema])
  if (name.value === '__type') return countAll(schema.getType('__Type'), findTypes(schema, node))

  const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name.value] : undefined
  if (!type || !field) return 1
  const below = getNamedType(field.type)
  if (isIntrospectionType(type)) return countAll(below, introspect(schema, field, subject))
  if (field.args.some((arg) => arg.name === 'first')) return countAll(below, [readPageSize(node)])
  return 1 + readListSize(field, subject) * countSet(counting, selectionSet, below)
}

/** The types that `__type` may return: any, when its name is a variable. */
function findTypes(schema: GraphQLSchema, { arguments: args }: FieldNode): GraphQLNamedType[] {
  const value = args?.find((arg) => arg.name.value === 'name')?.value
  if (value?.kind !== Kind.STRING) return Object.values(schema.getTypeMap())
  const type = schema.getType(value.value)
  return type ? [type] : []
}

/** What introspection returns for `field`, deprecated items included. */
function introspect(schema: GraphQLSchema, field: GraphQLField<unknown, unknown>, subject: Subject): unknown[] {
  const given = field.resolve?.(subject, { includeDeprecated: true }, undefined, { schema } as GraphQLResolveInfo)
  return Array.isArray(given) ? given : given == null ? [] : [given]
}

/** The most rows that a connection returns: the maximum, where a variable says how many. */
function readPageSize({ arguments: args = [] }: FieldNode): number {
  const sizes = args
    .filter((arg) => arg.name.value === 'first' || arg.name.value === 'last')
    .filter((arg) => arg.value.kind !== Kind.NULL)
    .map(({ value }) => (value.kind === Kind.INT ? Math.min(Number(value.value), MAX_SIZE) : MAX_SIZE))
  return sizes.length === 0 ? DEFAULT_SIZE : Math.max(1, ...sizes)
}

function readListSize({ name, type }: GraphQLField<unknown, unknown>, subject: Subject): number {
  if (!isListType(getNullableType(type))) return 1
  return name === 'edges' && typeof subject === 'number' ? subject : LIST_SIZE
}

/** The response names of a root selection. */
function collectNames(context: ValidationContext, set: SelectionSetNode): Set<string> {
  return new Set(collectFields(context, set, undefined).map(({ node }) => (node.alias ?? node.name).value))
}

/** The fields of a selection set and of its fragments, each fragment once however often it is spread. */
function collectFields(context: ValidationContext, set: SelectionSetNode, type: MaybeType): SelectedField[] {
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

type Spread = Exclude<SelectionNode, FieldNode>

function findFragment(context: ValidationContext, selection: Spread) {
  return selection.kind === Kind.INLINE_FRAGMENT ? selection : context.getFragment(selection.name.value)
}

/** The sum, or a part of it that is over the limit already. */
function total<Item>(items: readonly Item[], count: (item: Item) => number): number {
  let sum = 0
  for (const item of items) {
    sum += count(item)
    if (sum > MAX_FIELDS) break
  }
  return sum
}
