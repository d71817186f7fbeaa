import type { Deps } from '../../src/deps.ts'
import { deliverMessages } from '../../src/notification/deliver.ts'

/** Sends one message. @throws what its delivery failed with. */
export async function deliverMessage(deps: Deps, message: { messageId: string }): Promise<void> {
  const [end] = await deliverMessages(deps, [message])
  if (end?.status === 'rejected') throw end.reason
}
