import { createBillLoop } from './bill/reconcile.ts'
import type { Deps } from './deps.ts'
import { createAbandonedJobsLoop, LOOK_EVERY_MS } from './infra/claims.ts'
import { type KafkaTopic, openKafka } from './infra/kafka.ts'
import { type Loop, startLoop } from './infra/loop.ts'
import type { Metrics } from './infra/metrics.ts'
import { work, workTogether } from './infra/queue.ts'
import { measureJobs } from './infra/queue-backlog.ts'
import { deletePastCalls } from './infra/wechat-calls.ts'
import { createWorkerRow, RENEW_ROW_EVERY_MS } from './infra/worker-rows.ts'
import { paymentChanged, uploadShipping, webhookEvent } from './jobs.ts'
import { deliverDue } from './notification/deliver.ts'
import { logSkippedMessages } from './notification/template.ts'
import { createCloseLoop } from './order/cancel.ts'
import { expireOrders } from './order/expire.ts'
import { requeueShipping, uploadShippingOf } from './order/shipping.ts'
import { createRecheckLoop } from './payment/attempt/recheck.ts'
import { measurePayments } from './payment/backlog.ts'
import type { EventRef } from './payment/event.ts'
import { applyNew } from './payment/outbox/apply-new.ts'
import { applyPayments, PAYMENTS_AT_ONCE } from './payment/outbox/apply-payments.ts'
import { type Listener, listen } from './payment/outbox/listen.ts'
import { publishDue } from './payment/outbox/publish.ts'
import { createStream, startStreaming } from './payment/outbox/stream.ts'
import { createRefundLoop } from './payment/refund/advance.ts'
import { createOverdueAlerts } from './payment/review/alert-overdue.ts'
import { finishDecisions } from './payment/review/decide.ts'
import { deleteEndedSessions } from './user/delete-sessions.ts'
import { measureDeliveries } from './webhook/backlog.ts'
import { deliverDueWebhooks } from './webhook/deliver.ts'
import { enqueueDeliveries } from './webhook/enqueue.ts'
import { deletePastDeliveries, failForgottenDeliveries } from './webhook/past.ts'

/** Payments that change within so long are applied together. */
const GATHER_PAYMENTS_MS = 50

/** Hints are about any change of any payment, and few of them open a refund. */
const REFUND_REST_MS = 250

/** Events that are made deliveries of webhooks together. */
const EVENTS_AT_ONCE = 100

/** A send that takes longer when the process stops is given up. */
const STREAM_STOPS_WITHIN_MS = 2_000

/** Events that come within so long are published together. */
const PUBLISH_REST_MS = 100

/**
 * Who hears of every change of a payment, beside the order that it is applied to: each a function and its job, which is in
 * jobs.ts. examples/course/seat-changes.ts is one.
 */
const LISTENERS: Listener[] = []

/** The age of what waits is of interest from some minutes on. */
const MEASURE_BACKLOGS_EVERY_MS = 15_000

/** What runs, until it is stopped: what is in hand may end. */
export interface Workers {
  stop(): Promise<void>
}

/**
 * The index of everything that happens without a request: which function handles which job, and the loops that find due
 * work in the rows, so that a lost job loses nothing. Any number of processes may run it; they share the work by row
 * locks.
 */
export async function startWorkers(deps: Deps, listeners = LISTENERS): Promise<Workers> {
  const loop: StartLoop = (name, everyMs, run, restMs) =>
    startLoop(deps.log, name, everyMs, measureRuns(deps.metrics, name, run), restMs)
  const renewRow = createWorkerRow(deps)
  await renewRow()
  // The loop starts below, after all that may still fail.
  let messages: Loop | undefined
  const applyJobs = async (_deps: Deps, payments: { paymentSn: string }[]) => {
    const ends = await applyPayments(deps, payments)
    messages?.wake()
    return ends
  }
  const wakeJobs = await startJobs(deps, applyJobs, listeners)
  const events = await startEvents(deps, loop)
  const wakeWorkers = () => {
    wakeJobs()
    events.wakeJobs()
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
    ...events.loops,
    loop('worker-row', RENEW_ROW_EVERY_MS, renewRow),
    loop('abandoned-jobs', LOOK_EVERY_MS, createAbandonedJobsLoop(deps, wakeWorkers)),
    loop('recheck', 1_000, createRecheckLoop(deps)),
    loop('close', 1_000, createCloseLoop(deps)),
    loop('backlog', MEASURE_BACKLOGS_EVERY_MS, () => measureBacklogs(deps)),
    ...startOnceAMinute(deps, loop),
  ]
  const unsubscribe = deps.pubsub.subscribe(() => {
    for (const each of [relay, refunds, events]) each.wake()
  })
  return {
    stop: async () => {
      unsubscribe()
      await Promise.all(loops.map((each) => each.stop()))
    },
  }
}

/** Starts to work on every kind of job. @returns what lets all of them be fetched at once. */
async function startJobs(
  deps: Deps,
  applyJobs: (deps: Deps, payments: { paymentSn: string }[]) => Promise<PromiseSettledResult<void>[]>,
  listeners: Listener[],
): Promise<() => void> {
  const wakers = [
    await workTogether(deps, paymentChanged, { atMost: PAYMENTS_AT_ONCE, handle: applyJobs }),
    await work(deps, uploadShipping, uploadShippingOf),
  ]
  for (const listener of listeners) wakers.push(await listen(deps, listener))
  return () => {
    for (const wake of wakers) wake()
  }
}

/** Starts what others hear of payments by: publishing, webhooks, and Kafka where it is configured. */
async function startEvents(deps: Deps, loop: StartLoop): Promise<{ loops: Loop[]; wake(): void; wakeJobs(): void }> {
  const { kafka: settings } = deps.config
  const kafka = settings && (await openKafka(settings, deps.log))
  let webhooks: Loop | undefined
  const handle = async (_deps: Deps, events: EventRef[]) => {
    const ends = await enqueueDeliveries(deps, events)
    webhooks?.wake()
    return ends
  }
  const wakeJobs = await workTogether(deps, webhookEvent, { atMost: EVENTS_AT_ONCE, handle })
  if (kafka) await startStreaming(deps.db)
  webhooks = loop('webhook', 1_000, (stopping) => deliverDueWebhooks(deps, stopping))
  const publisher = loop('publish', 500, () => publishDue(deps), PUBLISH_REST_MS)
  const loops = [webhooks, publisher, ...(kafka ? [startStream(deps, kafka, loop)] : [])]
  return { loops, wake: publisher.wake, wakeJobs }
}

/** Leaves the stream to others once its loop has stopped: soon, although a Kafka that answers nothing is waited for. */
function startStream(deps: Deps, kafka: KafkaTopic, loop: StartLoop): Loop {
  const { run, end } = createStream(deps, kafka)
  const { wake, stop } = loop('stream', 500, run)
  const close = () =>
    void kafka.close().catch((error: unknown) => deps.log.warn({ err: error }, 'kafka not closed cleanly'))
  const stopAndEnd = async () => {
    const closing = setTimeout(close, STREAM_STOPS_WITHIN_MS)
    await stop().finally(() => clearTimeout(closing))
    await end()
  }
  return { wake, stop: stopAndEnd }
}

type Run = (stopping: AbortSignal) => Promise<boolean>
type StartLoop = (name: string, everyMs: number, run: Run, restMs?: number) => Loop

/** A loop's run that says in the metrics when it has ended, and how. */
function measureRuns({ loopRuns, loopSeen }: Metrics, loop: string, run: Run): Run {
  // A loop whose first run never ends stands still as well.
  loopSeen.setToCurrentTime({ loop })
  return async (stopping) => {
    try {
      const isMore = await run(stopping)
      loopRuns.inc({ loop, outcome: 'ok' })
      loopSeen.setToCurrentTime({ loop })
      return isMore
    } catch (error) {
      loopRuns.inc({ loop, outcome: 'failed' })
      throw error
    }
  }
}

/** One after the other: nobody waits for these numbers. */
async function measureBacklogs(deps: Deps): Promise<false> {
  await measurePayments(deps)
  await measureJobs(deps)
  await measureDeliveries(deps)
  return false
}

/** Nobody waits for these. */
function startOnceAMinute(deps: Deps, loop: StartLoop): Loop[] {
  return [
    loop('decision', 60_000, () => finishDecisions(deps)),
    loop('bill', 60_000, createBillLoop(deps)),
    loop('overdue', 60_000, createOverdueAlerts(deps)),
    loop('expire', 60_000, () => expireOrders(deps)),
    loop('session', 60_000, () => deleteEndedSessions(deps)),
    loop('shipping', 60_000, () => requeueShipping(deps)),
    loop('past-call', 60_000, () => deletePastCalls(deps)),
    loop('past-delivery', 60_000, () => deletePastDeliveries(deps)),
    loop('forgotten-delivery', 60_000, () => failForgottenDeliveries(deps)),
  ]
}
