import { GraphQLError, type GraphQLLeafType, type GraphQLSchema, isLeafType } from 'graphql'

/** Of types that are masked already: the built-in scalars are shared by all schemas of a process. */
const masked = new WeakSet<GraphQLLeafType>()

/**
 * Makes a value that its scalar or enum can't carry, an Int of more than 32 bits for example, an error like any other of
 * ours. GraphQL throws what counts as an error for the caller, and quotes the value.
 */
export function maskLeafValues(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) if (isLeafType(type) && !masked.has(type)) mask(type)
  return schema
}

function mask(type: GraphQLLeafType): void {
  masked.add(type)
  const serialize = type.serialize.bind(type)
  type.serialize = (value) => {
    try {
      return serialize(value)
    } catch (error) {
      throw error instanceof GraphQLError ? new Error(error.message) : error
    }
  }
}
