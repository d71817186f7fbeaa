import type { Deps } from './deps.ts'
import { createAbandonedJobsLoop, LOOK_EVERY_MS } from './infra/claims.ts'
import { type Loop, startLoop } from './infra/loop.ts'
import { work, workTogether } from './infra/queue.ts'
import { createWorkerRow, RENEW_ROW_EVERY_MS } from './infra/worker-rows.ts'
import { paymentChanged, sendMessage, uploadShipping } from './jobs.ts'
import { deliverMessages, deliverOverdue, MESSAGES_AT_ONCE } from './notification/deliver.ts'
import { logSkippedMessages } from './notification/template.ts'
import { createCloseLoop } from './order/cancel.ts'
import { expireOrders } from './order/expire.ts'
import { requeueShipping, uploadShippingOf } from './order/shipping.ts'
import { createRecheckLoop } from './payment/attempt/recheck.ts'
import { applyPayments, PAYMENTS_AT_ONCE } from './payment/outbox/apply-payments.ts'
import { relayPayments } from './payment/outbox/relay.ts'
import { createRefundLoop } from './payment/refund/advance.ts'
import { createOverdueAlerts } from './payment/review/alert-overdue.ts'
import { finishDecisions } from './payment/review/decide.ts'
import { deleteEndedSessions } from './user/delete-sessions.ts'

/**
 * The index of everything that happens without a request: which function handles which job, and the loops that find due
 * work in the rows, so that a lost job loses nothing. Any number of processes may run it; they share the work by row
 * locks.
 */
export async function startWorkers(deps: Deps): Promise<{ stop(): Promise<void> }> {
  const wakers = [
    await workTogether(deps, paymentChanged, { atMost: PAYMENTS_AT_ONCE, handle: applyPayments }),
    await workTogether(deps, sendMessage, { atMost: MESSAGES_AT_ONCE, handle: deliverMessages }),
    await work(deps, uploadShipping, uploadShippingOf),
  ]
  const wakeWorkers = () => {
    for (const wake of wakers) wake()
  }
  logSkippedMessages(deps)
  const renewRow = createWorkerRow(deps)
  await renewRow()

  const loop = (name: string, everyMs: number, run: (stopping: AbortSignal) => Promise<boolean>) =>
    startLoop(deps.log, name, everyMs, run)
  const relay = loop('relay', 500, () => relayPayments(deps))
  const refunds = loop('refund', 1_000, createRefundLoop(deps))
  const loops: Loop[] = [
    relay,
    refunds,
    loop('worker-row', RENEW_ROW_EVERY_MS, renewRow),
    loop('abandoned-jobs', LOOK_EVERY_MS, createAbandonedJobsLoop(deps, wakeWorkers)),
    loop('recheck', 1_000, createRecheckLoop(deps)),
    loop('close', 1_000, createCloseLoop(deps)),
    loop('decision', 60_000, () => finishDecisions(deps)),
    loop('overdue', 60_000, createOverdueAlerts(deps)),
    loop('message', 5_000, () => deliverOverdue(deps)),
    loop('expire', 60_000, () => expireOrders(deps)),
    loop('session', 60_000, () => deleteEndedSessions(deps)),
    loop('shipping', 60_000, () => requeueShipping(deps)),
  ]
  const unsubscribe = deps.pubsub.subscribe(() => {
    relay.wake()
    refunds.wake()
  })
  return {
    stop: async () => {
      unsubscribe()
      await Promise.all(loops.map((each) => each.stop()))
    },
  }
}
