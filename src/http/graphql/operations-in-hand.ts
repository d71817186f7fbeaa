import type { Plugin } from 'graphql-yoga'
import type { Transport } from '../../graphql/context.ts'
import type { OperationSlots } from '../limits/operation-slots.ts'

/** Tells tokens apart, whatever a client sends as one: they end with their signature. */
const TOKEN_LENGTH = 200

/**
 * Gives each operation over HTTP a slot from before its session is read until it is answered: of its token, or of its
 * address for the anonymous; and, once the user is known, one of theirs, which all of their sessions share. A
 * subscription gives its slots back when it has started.
 */
export function useOperationsInHand(slots: OperationSlots): Plugin<object, Transport> {
  return {
    onParams({ context, paramsHandler, setParamsHandler }) {
      setParamsHandler(async (payload) => {
        const { authorization, address } = context
        const releases: (() => void)[] = []
        context.holdSlot = (client) => void releases.push(slots.acquire(client))
        try {
          const hasToken = typeof authorization === 'string' && authorization !== ''
          context.holdSlot(hasToken ? `token ${authorization.slice(-TOKEN_LENGTH)}` : `address ${address}`)
          return await paramsHandler(payload)
        } finally {
          for (const release of releases) release()
        }
      })
    },
  }
}
