import type { Plugin } from 'graphql-yoga'
import type { Transport } from '../../graphql/context.ts'
import { clientOf, type OperationSlots } from '../limits/operation-slots.ts'

/**
 * Gives each operation over HTTP a slot from before its session is read until it is answered: of its token, or of its
 * address for the anonymous; and, once the user is known, one of theirs, which all of their sessions share. A
 * subscription gives its slots back when it has started.
 */
export function useOperationsInHand(slots: OperationSlots): Plugin<object, Transport> {
  return {
    onParams({ context, paramsHandler, setParamsHandler }) {
      setParamsHandler(async (payload) => {
        const releases: (() => void)[] = []
        context.holdSlot = (client) => void releases.push(slots.acquire(client))
        try {
          context.holdSlot(clientOf(context))
          return await paramsHandler(payload)
        } finally {
          for (const release of releases) release()
        }
      })
    },
  }
}
