import type { Deps } from './deps.ts'
import { type Loop, startLoop } from './infra/loop.ts'
import { deliverOverdue } from './notification/deliver.ts'
import { registerNotificationHandlers } from './notification/handlers.ts'
import { createClosing } from './order/cancel.ts'
import { expireOrders } from './order/expire.ts'
import { registerOrderHandlers } from './order/handlers.ts'
import { requeueShipping } from './order/shipping.ts'
import { createAsking } from './payment/ask.ts'
import { registerPaymentHandlers } from './payment/handlers.ts'
import { finishDecisions } from './payment/operate.ts'
import { createRefunding } from './payment/refund-loop.ts'
import { relayPayments } from './payment/relay.ts'
import { createReminding } from './payment/remind.ts'

/**
 * Everything that happens without a request: who reacts to which job, and the loops that find what nobody queued. Any
 * number of processes may run it; they share the work by the rows' locks.
 */
export async function startWorkers(deps: Deps): Promise<{ stop(): Promise<void> }> {
  await registerPaymentHandlers(deps)
  await registerNotificationHandlers(deps)
  await registerOrderHandlers(deps)

  const loop = (name: string, everyMs: number, run: () => Promise<boolean>) => startLoop(deps.log, name, everyMs, run)
  const relay = loop('relay', 500, () => relayPayments(deps))
  const refunding = loop('refund', 1_000, createRefunding(deps))
  const loops: Loop[] = [
    relay,
    refunding,
    loop('ask', 1_000, createAsking(deps)),
    loop('close', 1_000, createClosing(deps)),
    loop('decision', 60_000, () => finishDecisions(deps)),
    loop('reminder', 60_000, createReminding(deps)),
    loop('message', 5_000, () => deliverOverdue(deps)),
    loop('expire', 60_000, () => expireOrders(deps)),
    loop('shipping', 60_000, () => requeueShipping(deps)),
  ]
  const unsubscribe = deps.pubsub.subscribe(() => {
    relay.wake()
    refunding.wake()
  })
  return {
    stop: async () => {
      unsubscribe()
      await Promise.all(loops.map((each) => each.stop()))
    },
  }
}
