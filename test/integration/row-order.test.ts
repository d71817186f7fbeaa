import { acceptMismatch } from '../../src/payment/review/decide.ts'
import { settle } from '../../src/payment/settlement/settle.ts'
import { removeEndpoint } from '../../src/webhook/endpoint.ts'
import { enqueueDeliveries } from '../../src/webhook/enqueue.ts'
import { replay } from '../../src/webhook/replay.ts'
import { test as base, describe, expect, type TestApp } from '../harness/app.ts'
import { freshTapped, givenTapped, paymentOf } from '../harness/fixtures.ts'
import { type Lock, whileLocked } from '../harness/race.ts'
import { amountOf, newTransactionId, paidReport } from '../harness/reports.ts'
import { givenEndpoint } from '../harness/webhook-endpoint.ts'

const test = base.extend({ env: { WEBHOOK_ALLOW_PRIVATE: 'true' } })

/** Runs `change` while the first of the rows is locked, for which it waits, and locks the last one meanwhile. */
async function changeWhileFirstIsLocked(
  app: TestApp,
  { table, keys, column }: { table: Lock['table']; keys: string[]; column: string },
  change: () => Promise<unknown>,
): Promise<void> {
  const [first = '', last] = keys.toSorted()
  const { db } = app.deps
  // Rows are found in the order in which they were made: the first one is made anew.
  await db.$executeRawUnsafe(
    `WITH made AS (DELETE FROM ${table} WHERE "${column}" = $1 RETURNING *) INSERT INTO ${table} SELECT * FROM made`,
    first,
  )
  await whileLocked(app, { table, key: first }, async (waiters) => {
    const changing = change()
    changing.catch(() => {})
    await waiters(1)
    await db.$queryRawUnsafe(`SELECT 1 FROM ${table} WHERE "${column}" = $1 FOR UPDATE NOWAIT`, last)
    return () => changing
  })
}

describe('several rows of a table', () => {
  test('a decision locks the mismatches of its transaction by their key', async ({ app }) => {
    const { payment } = await givenTapped(app)
    const report = { transaction_id: newTransactionId(), amount: amountOf(10_000) }
    const other = { transaction_id: report.transaction_id, payer: { openid: 'o_somebody_else' } }
    for (const change of [report, other])
      await settle(app.deps, { transaction: paidReport(payment, change), source: 'NOTICE' })
    const keys = (await app.deps.db.paymentMismatch.findMany()).map(({ id }) => id)
    const [mismatchId = ''] = keys

    await changeWhileFirstIsLocked(app, { table: 'payment_mismatch', keys, column: 'id' }, () =>
      acceptMismatch(app.deps, { mismatchId }),
    )

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', underReviewAt: null })
    expect(await app.deps.db.paymentMismatch.count({ where: { resolution: 'ACCEPTED' } })).toBe(2)
  })

  test('a replay locks the deliveries of its endpoint by their key', async ({ app }) => {
    const { db } = app.deps
    const { id } = await givenEndpoint(app)
    const keys = [(await freshTapped(app)).payment.sn, (await freshTapped(app)).payment.sn]
    const events = keys.map((paymentSn) => ({ paymentSn, version: 1 }))
    await enqueueDeliveries(app.deps, events)
    await db.$executeRaw`UPDATE webhook_delivery SET status = 'FAILED', "endedAt" = now()`

    await changeWhileFirstIsLocked(app, { table: 'webhook_delivery', keys, column: 'paymentSn' }, () =>
      db.$transaction((tx) => replay(tx, id, { failed: true })),
    )

    expect(await db.webhookDelivery.count({ where: { status: 'PENDING', replayed: true } })).toBe(2)
  })

  test('a replay and the removal of its endpoint at once end without a deadlock', async ({ app }) => {
    const { db } = app.deps
    const { id } = await givenEndpoint(app)
    const taps = [await freshTapped(app), await freshTapped(app), await freshTapped(app)]
    const [first = '', second = ''] = taps.map(({ payment }) => payment.sn).toSorted()
    await enqueueDeliveries(
      app.deps,
      [first, second].map((paymentSn) => ({ paymentSn, version: 1 })),
    )
    await db.$executeRaw`UPDATE webhook_delivery SET status = 'FAILED', "endedAt" = now()`

    // The replay has the first delivery, and is about to make the third when the endpoint is removed.
    const ends = await whileLocked(app, { table: 'webhook_delivery', key: second }, async (waiters) => {
      const span = { since: new Date(0), until: new Date(Date.now() + 60_000) }
      const replaying = db.$transaction((tx) => replay(tx, id, span))
      replaying.catch(() => {})
      await waiters(1)
      const removing = db.$transaction((tx) => removeEndpoint(tx, id))
      removing.catch(() => {})
      await waiters(2)
      return () => Promise.allSettled([replaying, removing])
    })

    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    expect(await db.webhookDelivery.count()).toBe(0)
  })
})
