import { type DocumentNode, type ExecutionResult, type GraphQLError, getOperationAST } from 'graphql'
import type { GraphQLParams, YogaServerInstance } from 'graphql-yoga'
import type { GraphqlContext, Transport } from '../../graphql/context.ts'
import type { OperationSlots } from '../limits/operation-slots.ts'
import type { Documents } from './documents.ts'
import type { CreateContext } from './operation-context.ts'
import { runInHand } from './operations-in-hand.ts'
import type { RunOperation } from './run-operation.ts'
import { schema } from './schema.ts'

export interface DirectOperationInput {
  yoga: Pick<YogaServerInstance<Transport, GraphqlContext>, 'getEnveloped' | 'getResultForParams' | 'fetchAPI'>
  documents: Documents
  slots: OperationSlots
  createContext: CreateContext
  run: RunOperation
}

type Params = Omit<GraphQLParams, 'query'> & { query: string }

const PARAMETERS = new Set(['query', 'variables', 'operationName', 'extensions'])

/**
 * Makes the function that answers the parameters of a POST as Yoga does, with the functions that its plugins are made of:
 * calling their hooks takes several times as long as what they do. Left to Yoga are parameters that aren't as they should
 * be, and whatever it takes to find out that a document is valid.
 *
 * @throws what has to be masked.
 */
export function createDirectOperation({ yoga, documents, slots, createContext, run }: DirectOperationInput) {
  // Hooks want to know the method alone; what else they need is in the transport.
  const request = new yoga.fetchAPI.Request('http://localhost/graphql', { method: 'POST' })

  const validate = (params: Params, transport: Transport): DocumentNode | readonly GraphQLError[] => {
    const enveloped = yoga.getEnveloped(Object.assign(transport, { request, params }))
    const document: DocumentNode = enveloped.parse(params.query)
    const errors: readonly GraphQLError[] = enveloped.validate(enveloped.schema, document)
    return errors.length > 0 ? errors : document
  }
  const answer = async (params: Params, transport: Transport): Promise<ExecutionResult> => {
    const { query, operationName, variables: variableValues } = params
    const known = documents.find(query)
    const isKnown = known !== undefined && getOperationAST(known, operationName) != null
    const document = isKnown ? known : validate(params, transport)
    if (!('kind' in document)) return { errors: document }
    return run({ schema, document, operationName, variableValues, contextValue: await createContext(transport) })
  }
  return (params: GraphQLParams, transport: Transport) =>
    isAsExpected(params)
      ? runInHand(slots, transport, () => answer(params, transport))
      : yoga.getResultForParams({ params, request }, transport)
}

function isAsExpected(params: GraphQLParams): params is Params {
  const { query, operationName, variables, extensions } = params
  if (typeof query !== 'string' || !isObjectOrNothing(variables) || !isObjectOrNothing(extensions)) return false
  if (typeof operationName !== 'string' && operationName !== undefined && operationName !== null) return false
  return Object.keys(params).every((name) => PARAMETERS.has(name))
}

function isObjectOrNothing(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && !Array.isArray(value))
}
