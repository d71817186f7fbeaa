import { describe, expect, inject, test } from 'vitest'
import type { PaymentEvent } from '../../src/payment/event.ts'
import { COMPARING, type EventFlow, openEventFlow, PURCHASES } from '../harness/event-flow.ts'
import type { Gate } from '../harness/gate.ts'
import { hasKcat } from '../harness/kafka.ts'
import { keyOf } from '../harness/listeners.ts'
import { failing, ok, type WebhookReceiver } from '../harness/webhook-endpoint.ts'

/** Fails every third event, when it comes for the first time. */
function failEveryThird(receiver: WebhookReceiver): void {
  const seen = new Set<string>()
  receiver.answer = (response) => {
    const { id = '' } = receiver.calls.at(-1) ?? {}
    const isNew = !seen.has(id)
    seen.add(id)
    return isNew && seen.size % 3 === 0 ? failing(500)(response) : ok(response)
  }
}

/** The events that came before the last one of their payment, or while the order's last payment was open still. */
function outOfOrder(events: PaymentEvent[]): string[] {
  const newest = new Map<string, PaymentEvent>()
  return events
    .filter((event) => {
      const { paymentSn, orderSn, version } = event
      const before = newest.get(paymentSn)?.version ?? 0
      // It comes again.
      if (version <= before) return false
      const isAnotherOpen = [...newest.values()].some(
        (e) => e.orderSn === orderSn && e.paymentSn !== paymentSn && e.status === 'PENDING',
      )
      newest.set(paymentSn, event)
      return version > before + 1 || isAnotherOpen
    })
    .map(keyOf)
}

/** The connection is cut when the broker has half of a produce, and when it has all of one and its confirmation is on the way. */
async function cutProduces({ proxy, buyWhile }: EventFlow): Promise<void> {
  await buyWhile(async () => {
    await proxy.cutProduce('halfway')
    await proxy.cutProduce('confirmed')
  })
}

/** All are killed while one of them waits at the gate. What it was about to do there never reaches the database. */
async function killAt(gate: Gate, { processes, buyWhile }: EventFlow): Promise<void> {
  await gate.close()
  await buyWhile(async () => {
    await gate.isReached()
    await processes.killAll(async () => {
      await gate.endWaiting()
      await gate.open()
    })
  })
}

/** All are killed while an endpoint has calls that it doesn't answer. */
async function killWhileCalling({ steady, processes, buyWhile }: EventFlow): Promise<void> {
  const { answer } = steady
  const called = Promise.withResolvers<void>()
  steady.answer = () => called.resolve()
  await buyWhile(async () => {
    await called.promise
    await processes.killAll()
    steady.answer = answer
  })
}

/** Kafka refuses connections from one moment to the next. All are killed after some of them have noticed. */
async function killWhileRefused({ proxy, processes, buyWhile, whenStreamed }: EventFlow): Promise<void> {
  await whenStreamed()
  await proxy.refuse()
  await buyWhile(async () => {
    await expect.poll(() => processes.output()).toContain('ECONNREFUSED')
    await processes.killAll()
  })
  await proxy.accept()
}

/** Kafka freezes. All are killed while one of them waits for its answer. */
async function killWhileFrozen({ kafka, proxy, processes, buyWhile, whenStreamed }: EventFlow): Promise<void> {
  await whenStreamed()
  kafka.freeze()
  await buyWhile(async () => {
    await expect.poll(() => proxy.unanswered()).toBeGreaterThan(0)
    await processes.killAll()
  })
  kafka.thaw()
}

const troubles: ((flow: EventFlow) => Promise<void>)[] = [
  cutProduces,
  (flow) => killAt(flow.publishing, flow),
  (flow) => killAt(flow.hearing, flow),
  killWhileCalling,
  killWhileRefused,
  killWhileFrozen,
]

describe('events of a deployment', { skip: inject('redisUrl') === null || !hasKcat }, () => {
  test(`reach consumers of all three kinds, every version of ${PURCHASES} payments, whatever is killed or away`, {
    // Only so that a run that hangs ends: the processes start again and again.
    timeout: 3_600_000,
  }, async () => {
    const flow = await openEventFlow({ parts: troubles.length })
    failEveryThird(flow.moody)

    for (const meet of troubles) await meet(flow)

    await flow.whenPaid()
    const missing = async () => {
      await flow.retryWebhooks()
      return flow.missing()
    }
    await expect.poll(missing, COMPARING).toEqual({ listener: [], steady: [], moody: [], kafka: [] })
    expect(outOfOrder(flow.kafka.consumed.map(({ event }) => event))).toEqual([])
  })
})
