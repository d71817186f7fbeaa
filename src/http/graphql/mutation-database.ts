import { getOperationAST, OperationTypeNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { GraphqlContext } from '../../graphql/context.ts'
import type { Database } from '../../infra/database.ts'

/** Gives mutations connections of their own: a tap must not wait behind those who read. */
export function useMutationDatabase(db: Database): Plugin<GraphqlContext> {
  return {
    onExecute({ args }) {
      const { document, operationName } = args
      if (getOperationAST(document, operationName)?.operation !== OperationTypeNode.MUTATION) return
      const context: GraphqlContext = args.contextValue
      context.deps = { ...context.deps, db }
    },
  }
}
