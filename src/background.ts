import type { Deps } from './deps.ts'
import { createAbandonedJobsLoop, LOOK_EVERY_MS } from './infra/claims.ts'
import { type Loop, startLoop } from './infra/loop.ts'
import { work, workTogether } from './infra/queue.ts'
import { createWorkerRow, RENEW_ROW_EVERY_MS } from './infra/worker-rows.ts'
import { paymentChanged, uploadShipping } from './jobs.ts'
import { deliverDue } from './notification/deliver.ts'
import { logSkippedMessages } from './notification/template.ts'
import { createCloseLoop } from './order/cancel.ts'
import { expireOrders } from './order/expire.ts'
import { requeueShipping, uploadShippingOf } from './order/shipping.ts'
import { createRecheckLoop } from './payment/attempt/recheck.ts'
import { applyNew } from './payment/outbox/apply-new.ts'
import { applyPayments, PAYMENTS_AT_ONCE } from './payment/outbox/apply-payments.ts'
import { createRefundLoop } from './payment/refund/advance.ts'
import { createOverdueAlerts } from './payment/review/alert-overdue.ts'
import { finishDecisions } from './payment/review/decide.ts'
import { deleteEndedSessions } from './user/delete-sessions.ts'

/** Payments that change within so long are applied together. */
const GATHER_PAYMENTS_MS = 50

/** Hints are about any change of any payment, and few of them open a refund. */
const REFUND_REST_MS = 250

/**
 * The index of everything that happens without a request: which function handles which job, and the loops that find due
 * work in the rows, so that a lost job loses nothing. Any number of processes may run it; they share the work by row
 * locks.
 */
export async function startWorkers(deps: Deps): Promise<{ stop(): Promise<void> }> {
  const loop: StartLoop = (name, everyMs, run, restMs) => startLoop(deps.log, name, everyMs, run, restMs)
  const renewRow = createWorkerRow(deps)
  await renewRow()
  // The loop starts below, after all that may still fail.
  let messages: Loop | undefined
  const applyJobs = async (_deps: Deps, payments: { paymentSn: string }[]) => {
    const ends = await applyPayments(deps, payments)
    messages?.wake()
    return ends
  }
  const wakers = [
    await workTogether(deps, paymentChanged, { atMost: PAYMENTS_AT_ONCE, handle: applyJobs }),
    await work(deps, uploadShipping, uploadShippingOf),
  ]
  const wakeWorkers = () => {
    for (const wake of wakers) wake()
  }
  logSkippedMessages(deps)

  const messageLoop = loop('message', 1_000, (stopping) => deliverDue(deps, stopping))
  messages = messageLoop
  const applyAndTell = async () => {
    const { applied, isMore } = await applyNew(deps)
    if (applied > 0) messageLoop.wake()
    return isMore
  }
  const relay = loop('relay', 500, applyAndTell, GATHER_PAYMENTS_MS)
  const refunds = loop('refund', 1_000, createRefundLoop(deps), REFUND_REST_MS)
  const loops: Loop[] = [
    messageLoop,
    relay,
    refunds,
    loop('worker-row', RENEW_ROW_EVERY_MS, renewRow),
    loop('abandoned-jobs', LOOK_EVERY_MS, createAbandonedJobsLoop(deps, wakeWorkers)),
    loop('recheck', 1_000, createRecheckLoop(deps)),
    loop('close', 1_000, createCloseLoop(deps)),
    ...startOnceAMinute(deps, loop),
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

type StartLoop = (
  name: string,
  everyMs: number,
  run: (stopping: AbortSignal) => Promise<boolean>,
  restMs?: number,
) => Loop

/** Nobody waits for these. */
function startOnceAMinute(deps: Deps, loop: StartLoop): Loop[] {
  return [
    loop('decision', 60_000, () => finishDecisions(deps)),
    loop('overdue', 60_000, createOverdueAlerts(deps)),
    loop('expire', 60_000, () => expireOrders(deps)),
    loop('session', 60_000, () => deleteEndedSessions(deps)),
    loop('shipping', 60_000, () => requeueShipping(deps)),
  ]
}
