import { onTestFinished } from 'vitest'
import { openKafka } from '../../../src/infra/kafka.ts'
import { closeAttempt } from '../../../src/payment/attempt/close.ts'
import { createRecheckLoop } from '../../../src/payment/attempt/recheck.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { createStream, startStreaming } from '../../../src/payment/outbox/stream.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenTapped, orderOf, paymentOf, tap } from '../../harness/fixtures.ts'
import { hasKcat, openTestKafka } from '../../harness/kafka.ts'
import { publishAll } from '../../harness/listeners.ts'
import { WAITING_FOR_LOCK } from '../../harness/locks.ts'
import { LONG_MS } from '../../harness/patience.ts'
import { whileLocked, whileTableLocked } from '../../harness/race.ts'
import { paidReport } from '../../harness/reports.ts'
import { letPass } from '../../harness/time.ts'

async function report({ deps }: TestApp, sn: string): Promise<void> {
  await settle(deps, { transaction: paidReport(await paymentOf(deps, sn)), source: 'NOTICE' })
}

/** An order that waits for payment, whose first attempt is closed; its guest taps again by `tapAgain`. */
async function givenClosed(app: TestApp) {
  const tapped = await givenTapped(app)
  await closeAttempt(app.deps, tapped.payment)
  const tapAgain = async () => (await tap(app.deps, tapped)).paymentSn
  return { orderSn: tapped.order.sn, closed: tapped.payment.sn, tapAgain }
}

/** A worker's stream, which has sent what was published so far. */
async function givenStream(app: TestApp): Promise<() => Promise<boolean>> {
  const { broker } = await openTestKafka('payments')
  const times = { connectMs: LONG_MS, requestMs: LONG_MS }
  const kafka = await openKafka({ brokers: [broker], topic: 'payments' }, app.deps.log, times)
  onTestFinished(() => kafka.close())
  await startStreaming(app.deps.db)
  const { run } = createStream(app.deps, kafka)
  await publishAll(app.deps)
  while (await run());
  return run
}

describe('an order’s other attempts', () => {
  test('a payment is applied without waiting for another attempt, which its next recheck closes', async ({ app }) => {
    const { orderSn, closed, tapAgain } = await givenClosed(app)
    const live = await tapAgain()
    await report(app, closed)

    await whileLocked(app, { table: 'payment', key: live }, async () => {
      await applyToOrder(app.deps, { paymentSn: closed })
      return async () => {}
    })
    expect(await orderOf(app.deps, orderSn)).toMatchObject({ tradeState: 'WAIT_USE', paidBySn: closed })

    await letPass(app, app.deps.config.payment.recheckSeconds.at(-1) ?? 0)
    await createRecheckLoop(app.deps)()
    expect(await paymentOf(app.deps, live)).toMatchObject({ status: 'CLOSED' })
  })

  test('a payment is applied and streamed at once with another attempt, without a deadlock', {
    skip: !hasKcat,
  }, async ({ app }) => {
    const { orderSn, closed, tapAgain } = await givenClosed(app)
    const stream = await givenStream(app)
    const live = await tapAgain()
    await report(app, closed)
    await publishAll(app.deps)
    const waiting = (count: number) =>
      expect.poll(() => app.deps.db.$queryRawUnsafe(WAITING_FOR_LOCK)).toHaveLength(count)

    // The payment's application holds its row, and waits for its messages; the stream has come to that row then.
    const ends = await whileTableLocked(app, 'message', async () => {
      const applying = applyToOrder(app.deps, { paymentSn: closed })
      await waiting(1)
      const streaming = stream()
      await waiting(2)
      return () => Promise.allSettled([applying, streaming])
    })

    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    expect(await orderOf(app.deps, orderSn)).toMatchObject({ tradeState: 'WAIT_USE', paidBySn: closed })
    expect(await paymentOf(app.deps, live)).toMatchObject({ streamedVersion: 1 })
  })
})

describe('the stream to Kafka', { skip: !hasKcat }, () => {
  test('the stream locks payments by their number, whichever changed first', async ({ app }) => {
    const { closed, tapAgain } = await givenClosed(app)
    const [first, last] = [closed, await tapAgain()].toSorted() as [string, string]
    const stream = await givenStream(app)
    await report(app, last)
    await report(app, first)
    await publishAll(app.deps)

    await whileLocked(app, { table: 'payment', key: first }, async (waiters) => {
      const streaming = stream()
      streaming.catch(() => {})
      await waiters(1)
      await app.deps.db.$queryRaw`SELECT 1 FROM payment WHERE sn = ${last} FOR UPDATE NOWAIT`
      return () => streaming
    })

    for (const sn of [first, last]) {
      const { version, streamedVersion } = await paymentOf(app.deps, sn)
      expect(streamedVersion).toBe(version)
    }
  })
})
