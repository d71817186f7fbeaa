import {
  BREAK,
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
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'
import { mostItems } from '../../graphql/list-size.ts'
import { DEFAULT_SIZE, MAX_SIZE } from '../../graphql/page.ts'
import { documentTexts } from '../texts.ts'
import { collectFields, type MaybeType, type SelectedField } from './collect-fields.ts'
import type { DocumentRule } from './document-rule.ts'

/** Assumed for a list that isn't paged and doesn't say how long it may be, like the invalid fields of an input. */
const LIST_SIZE = 10

/**
 * Refuses an operation that may give more fields than `documentFields`. The default has room for two full pages of 100
 * orders with all fields, their payments and messages (5,007 each, 5,609 with `__typename` everywhere), and for the
 * introspection of the whole schema that tools send (3,487). So many fields keep the process busy for some tens of
 * milliseconds.
 */
export const fewFields: DocumentRule =
  ({ documentFields: most }, refuse) =>
  (context) => {
    const counting: Counting = { context, most, sets: new Map() }
    return {
      OperationDefinition({ operation, selectionSet }) {
        if (countSet(counting, selectionSet, context.getSchema().getRootType(operation)) <= most) return false
        refuse(context, 'documentFields', documentTexts.tooManyFields(most, MAX_SIZE))
        return BREAK
      },
      FragmentDefinition: () => false,
    }
  }

/** What has been counted of one document so far. */
interface Counting {
  context: ValidationContext
  most: number
  sets: Map<SelectionSetNode, CountedSet>
}

interface CountedSet {
  fields: SelectedField[]
  /** How many fields they are, for each subject that they are selected on. */
  counts: Map<Subject, number>
}

/**
 * What a selection set is applied to, as far as its count depends on that: in introspection the part of the schema that
 * it shows, in a connection the size of the page.
 */
type Subject = unknown

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
  const sum = total(counting, fields, (field) => countField(counting, field, subject))
  counts.set(subject, sum)
  return sum
}

function countField(counting: Counting, { node, type }: SelectedField, subject: Subject): number {
  const { name, selectionSet } = node
  if (!selectionSet) return 1
  const schema = counting.context.getSchema()
  const countAll = (below: MaybeType, subjects: readonly unknown[]) =>
    1 + total(counting, subjects, (each) => countSet(counting, selectionSet, below, each))
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

function readListSize(field: GraphQLField<unknown, unknown>, subject: Subject): number {
  if (!isListType(getNullableType(field.type))) return 1
  if (field.name === 'edges' && typeof subject === 'number') return subject
  return mostItems(field) ?? LIST_SIZE
}

/** The sum, or a part of it that is over the limit already. */
function total<Item>({ most }: Counting, items: readonly Item[], count: (item: Item) => number): number {
  let sum = 0
  for (const item of items) {
    sum += count(item)
    if (sum > most) break
  }
  return sum
}
