import type { Plugin } from 'graphql-yoga'
import type { Transport } from '../../graphql/context.ts'
import { clientOf, type OperationSlots } from '../limits/operation-slots.ts'

/**
 * Runs an operation over HTTP while it holds a slot, from before its session is read until it is answered: of its token, or
 * of its address for the anonymous; and, once the user is known, one of theirs, which all of their sessions share. A
 * subscription gives its slots back when it has started.
 *
 * @throws {GraphQLError} `RATE_LIMITED` when the client has no slot left.
 */
export async function runInHand<Result>(
  slots: OperationSlots,
  transport: Transport,
  run: () => Result | Promise<Result>,
): Promise<Result> {
  const releases: (() => void)[] = []
  transport.holdSlot = (client) => void releases.push(slots.acquire(client))
  try {
    transport.holdSlot(clientOf(transport))
    return await run()
  } finally {
    for (const release of releases) release()
  }
}

/** The same for requests that go Yoga's way. */
export function useOperationsInHand(slots: OperationSlots): Plugin<object, Transport> {
  return {
    onParams({ context, paramsHandler, setParamsHandler }) {
      setParamsHandler((payload) => runInHand(slots, context, () => paramsHandler(payload)))
    },
  }
}
