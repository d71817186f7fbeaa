import { type DocumentNode, type ExecutionResult, getOperationAST, Kind, type OperationDefinitionNode } from 'graphql'
import type { Deps } from '../../deps.ts'
import type { GraphqlContext } from '../../graphql/context.ts'
import type { Tally } from '../../infra/metrics/tallied-counter.ts'

/** What is known of an operation that has run. */
interface CountedArgs {
  document: DocumentNode
  operationName?: string | null
  contextValue: Pick<GraphqlContext, 'failure'>
}

/** Counts an operation by its result, or a stream by whether it has started. */
export type CountOperation = (args: CountedArgs, result: ExecutionResult) => void

/** What an operation is called that has several fields, or one of introspection. */
const OTHER = 'other'
/** Refusals with these codes are counted by code; all others as `refused`. */
const CODES = new Set(['UNAUTHENTICATED', 'NOT_FOUND', 'RATE_LIMITED', 'BAD_USER_INPUT'])

/**
 * Counts operations by their field and outcome: the names are those of our schema, and the outcomes are few, whatever clients
 * send. What an operation is called is found out once for each document.
 */
export function createOperationCounter({ metrics }: Pick<Deps, 'metrics'>): CountOperation {
  const tallies = new WeakMap<OperationDefinitionNode, Map<string, Tally>>()
  return ({ document, operationName, contextValue }, result) => {
    const operation = getOperationAST(document, operationName)
    if (!operation) return
    let ofOperation = tallies.get(operation)
    if (!ofOperation) tallies.set(operation, (ofOperation = new Map()))
    const outcome = outcomeOf(result, contextValue)
    let tally = ofOperation.get(outcome)
    if (!tally) {
      tally = metrics.operations.of({ operation: nameOf(operation), outcome })
      ofOperation.set(outcome, tally)
    }
    tally.count += 1
  }
}

/** The field of a valid operation. */
function nameOf({ selectionSet: { selections } }: OperationDefinitionNode): string {
  const [only] = selections
  if (selections.length !== 1 || only?.kind !== Kind.FIELD || only.name.value.startsWith('__')) return OTHER
  return only.name.value
}

function outcomeOf({ errors }: ExecutionResult, { failure }: CountedArgs['contextValue']): string {
  const [error] = errors ?? []
  if (!error) return failure ?? 'ok'
  if (errors?.some(({ extensions }) => extensions['unexpected'] === true)) return 'failed'
  const code = error.extensions['code']
  return typeof code === 'string' && CODES.has(code) ? code : 'refused'
}
