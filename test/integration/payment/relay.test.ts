import type { Payment } from '../../../prisma/client/client.ts'
import { DEAD_LETTERS } from '../../../src/infra/queue.ts'
import { paymentChanged } from '../../../src/jobs.ts'
import { deliverDue } from '../../../src/notification/deliver.ts'
import { cancelUnpaid } from '../../../src/payment/attempt/close.ts'
import { applyNew } from '../../../src/payment/outbox/apply-new.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { settle, settlePayments } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { copyTapped } from '../../harness/copies.ts'
import { freshTapped, type Tapped, whenOrder } from '../../harness/fixtures.ts'
import { whileLocked } from '../../harness/race.ts'
import { paidReport } from '../../harness/reports.ts'
import { enqueueNew, loseJobs, snapshotOf, waitingJobs } from '../../harness/snapshot.ts'

async function givenSettled(app: TestApp): Promise<Tapped> {
  const tapped = await freshTapped(app)
  await settle(app.deps, { transaction: paidReport(tapped.payment), source: 'NOTICE' })
  return tapped
}

/** So many payments that are NEW, by their numbers. */
async function givenManySettled(app: TestApp, count: number): Promise<Payment[]> {
  const copies = await copyTapped(app, await freshTapped(app), count)
  const settlements = copies.map((payment) => ({ transaction: paidReport(payment), source: 'NOTICE' }) as const)
  await settlePayments(app.deps.settleDb, settlements)
  return copies
}

/** Moves the time of the last enqueueing back by so many seconds. */
function ageQueueing(app: TestApp, seconds: number) {
  return app.deps.db.$executeRaw`UPDATE payment SET "queuedAt" = "queuedAt" - make_interval(secs => ${seconds})`
}

const refuseAll = () => Promise.reject(new Error('the database refuses one of them'))

describe('the relay', () => {
  test('enqueues one job for a changed payment, however often the relay runs', async ({ app }) => {
    const { payment } = await givenSettled(app)

    await enqueueNew(app.deps)
    await enqueueNew(app.deps)

    expect(await waitingJobs(app.deps, [payment.sn])).toEqual([paymentChanged.name])
  })

  test('enqueues nothing for payments that did not change', async ({ app }) => {
    const { payment } = await freshTapped(app)

    expect(await enqueueNew(app.deps)).toBe(0)
    expect(await waitingJobs(app.deps, [payment.sn])).toEqual([])
  })

  test('enqueues a payment again that changed after it was enqueued', async ({ app }) => {
    const { payment } = await freshTapped(app)
    await settle(app.deps, { transaction: paidReport(payment, { payer: null }), source: 'NOTICE' })
    await enqueueNew(app.deps)
    await settle(app.deps, { transaction: paidReport(payment), source: 'NOTICE' })

    await enqueueNew(app.deps)

    expect((await snapshotOf(app.deps, payment.orderSn)).payments).toMatchObject([{ version: 3, queuedVersion: 3 }])
    expect((await waitingJobs(app.deps, [payment.sn])).length).toBeGreaterThan(0)
  })

  test('skips a payment that another worker has locked, and enqueues the others', async ({ app }) => {
    const [locked, free] = [await givenSettled(app), await givenSettled(app)]

    await whileLocked(app, { table: 'payment', key: locked.payment.sn }, async () => {
      await enqueueNew(app.deps)
      return async () => {}
    })

    expect(await waitingJobs(app.deps, [locked.payment.sn])).toEqual([])
    expect(await waitingJobs(app.deps, [free.payment.sn])).toEqual([paymentChanged.name])
  })
})

describe('a run of the relay loop', () => {
  test('applies a payment at once, without a job, and enqueues its messages', async ({ app }) => {
    const { order } = await givenSettled(app)

    expect(await applyNew(app.deps)).toEqual({ applied: 1, isMore: false })
    expect(await applyNew(app.deps)).toEqual({ applied: 0, isMore: false })

    expect(await snapshotOf(app.deps, order.sn)).toMatchObject({
      order: 'WAIT_USE',
      payments: [{ version: 2, queuedVersion: 2, appliedVersion: 2 }],
      messages: ['ORDER_PAID PENDING 0', 'CHECK_IN PENDING 0'],
      jobs: [],
    })
  })

  test('gives a job to a payment whose order somebody has locked, and applies the others', async ({ app }) => {
    const [locked, free] = [await givenSettled(app), await givenSettled(app)]

    const run = await whileLocked(app, { table: 'homestay_order', key: locked.order.sn }, async () => {
      const done = await applyNew(app.deps)
      return async () => done
    })

    expect(run).toEqual({ applied: 1, isMore: false })
    expect(await waitingJobs(app.deps, [locked.payment.sn])).toEqual([paymentChanged.name])
    expect((await snapshotOf(app.deps, free.order.sn)).order).toBe('WAIT_USE')
  })

  test('reports that more payments are due when it has done as many as go together', async ({ app }) => {
    await givenManySettled(app, 60)

    expect(await applyNew(app.deps)).toEqual({ applied: 50, isMore: true })
    expect(await applyNew(app.deps)).toEqual({ applied: 10, isMore: false })
  })

  test('applies the payments behind as many locked ones as go together, and then pauses', async ({ app }) => {
    const settled = await givenManySettled(app, 60)
    const locked = settled.slice(0, 50).map(({ sn }) => sn)

    const runs = await app.deps.db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT sn FROM payment WHERE sn = ANY(${locked}) FOR UPDATE`
      return [await applyNew(app.deps), await applyNew(app.deps)]
    })

    expect(runs).toEqual([
      { applied: 10, isMore: false },
      { applied: 0, isMore: false },
    ])
    expect(await applyNew(app.deps)).toMatchObject({ applied: 50 })
  })

  test('gives a job to each payment when they cannot be applied together', async ({ app }) => {
    const settled = [await givenSettled(app), await givenSettled(app)]
    const { HOMESTAY_ORDER: payable } = app.deps.payables
    if (!payable) throw new Error('no homestay orders')
    const payables = { HOMESTAY_ORDER: { ...payable, applyMany: refuseAll } }

    expect(await applyNew({ ...app.deps, payables })).toEqual({ applied: 0, isMore: false })

    for (const { payment } of settled) expect(await waitingJobs(app.deps, [payment.sn])).toEqual([paymentChanged.name])
  })

  test('gives a job to late money, which needs a refund', async ({ app }) => {
    const { order, payment } = await freshTapped(app)
    await cancelUnpaid(app.deps, { serviceType: 'HOMESTAY_ORDER', orderSn: order.sn })
    expect((await snapshotOf(app.deps, order.sn)).payments).toMatchObject([{ version: 2, appliedVersion: 2 }])
    await settle(app.deps, { transaction: paidReport(payment), source: 'NOTICE' })

    expect(await applyNew(app.deps)).toMatchObject({ applied: 0 })

    expect(await waitingJobs(app.deps, [payment.sn])).toEqual([paymentChanged.name])
  })

  test('gives a job again to a payment that is not applied a minute after it got one', async ({ app }) => {
    const { payment } = await givenSettled(app)
    await enqueueNew(app.deps)
    await loseJobs(app.deps)
    expect(await applyNew(app.deps)).toEqual({ applied: 0, isMore: false })

    await ageQueueing(app, 61)
    await applyNew(app.deps)

    expect(await waitingJobs(app.deps, [payment.sn])).toEqual([paymentChanged.name])
  })
})

describe('when every job is deleted', () => {
  test('enqueues a change that is not applied again after a minute, and not before', async ({ app }) => {
    const { payment, order } = await givenSettled(app)
    await enqueueNew(app.deps)
    await loseJobs(app.deps)

    await ageQueueing(app, 30)
    await enqueueNew(app.deps)
    expect(await waitingJobs(app.deps, [payment.sn])).toEqual([])

    await ageQueueing(app, 35)
    await enqueueNew(app.deps)
    expect(await waitingJobs(app.deps, [payment.sn])).toEqual([paymentChanged.name])

    await applyToOrder(app.deps, { paymentSn: payment.sn })
    await loseJobs(app.deps)
    await ageQueueing(app, 600)
    await enqueueNew(app.deps)
    expect((await snapshotOf(app.deps, order.sn)).jobs).toEqual([])
  })

  test('enqueues a change less and less often while it is not applied', async ({ app }) => {
    const { payment } = await givenSettled(app)
    await app.deps.db.$executeRaw`
      INSERT INTO payment_event ("paymentSn", version, at, "fromStatus", "toStatus", source)
      VALUES (${payment.sn}, 3, now() - interval '30 minutes', 'SUCCESS', 'SUCCESS', 'OPERATOR')`
    await app.deps.db.$executeRaw`UPDATE payment SET version = 3`
    await enqueueNew(app.deps)
    await loseJobs(app.deps)

    await ageQueueing(app, 10 * 60)
    await enqueueNew(app.deps)
    expect(await waitingJobs(app.deps, [payment.sn])).toEqual([])

    await ageQueueing(app, 6 * 60)
    await enqueueNew(app.deps)
    expect(await waitingJobs(app.deps, [payment.sn])).toEqual([paymentChanged.name])
  })

  test('workers apply the payment and send its messages though all jobs were deleted', async ({ app }) => {
    const { payment, order, guest } = await givenSettled(app)
    await enqueueNew(app.deps)
    await loseJobs(app.deps)
    await ageQueueing(app, 61)
    await applyToOrder(app.deps, { paymentSn: payment.sn })
    await loseJobs(app.deps)
    await app.deps.db.$executeRaw`UPDATE message SET "nextTryAt" = now() - interval '1 minute'`

    await deliverDue(app.deps)
    await app.startWorkers()

    await whenOrder(app.deps, order.sn, 'WAIT_USE')
    await expect.poll(() => app.sandbox.messages(guest.nickname)).toHaveLength(2)
  })
})

describe('a job with a malformed payload', () => {
  test('dead-letters a malformed job at once, and applies the payment without it', async ({ app }) => {
    const { order } = await givenSettled(app)
    await app.deps.queue.insert(paymentChanged.name, [{ data: { nonsense: true } }])

    await app.startWorkers()

    await whenOrder(app.deps, order.sn, 'WAIT_USE')
    const deadLetters = async () => (await app.deps.queue.fetch(DEAD_LETTERS))?.map(({ data }) => data)
    await expect.poll(deadLetters).toEqual([{ nonsense: true }])
  })
})
