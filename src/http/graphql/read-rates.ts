import { getOperationAST, OperationTypeNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { RateLimitedError } from '../../errors.ts'
import type { GraphqlContext } from '../../graphql/context.ts'
import { toRateLimited } from '../limits/refusal.ts'

const RATE = 'readsPerUserMinute'

/** Counts the queries of a signed-in user, and the streams that they start. What a mutation gives back is no read. */
export function useReadRates(): Plugin<GraphqlContext> {
  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const { viewer, rates }: GraphqlContext = args.contextValue
      const operation = getOperationAST(args.document, args.operationName)?.operation
      if (!viewer || operation !== OperationTypeNode.QUERY) return
      setExecuteFn((executed) =>
        rates.countDuring(RATE, viewer.id, async () => executeFn(executed)).catch(toRefusedResult),
      )
    },
    async onSubscribe({ args, setResultAndStopExecution }) {
      const { viewer, rates }: GraphqlContext = args.contextValue
      if (!viewer) return
      await rates.count(RATE, viewer.id).catch((error: unknown) => {
        setResultAndStopExecution(toRefusedResult(error))
      })
    },
  }
}

function toRefusedResult(error: unknown) {
  if (error instanceof RateLimitedError) return { errors: [toRateLimited(error)] }
  throw error
}
