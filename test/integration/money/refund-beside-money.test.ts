import { closeAttempt } from '../../../src/payment/attempt/close.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { acceptMismatch, finishDecisions, refundMismatch } from '../../../src/payment/review/decide.ts'
import { dismissMismatch } from '../../../src/payment/review/dismiss.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenTapped, orderOf, paymentOf, tap } from '../../harness/fixtures.ts'
import { summaryOf } from '../../harness/money.ts'
import { whileLocked } from '../../harness/race.ts'
import { amountOf, newTransactionId, paidReport } from '../../harness/reports.ts'

async function report({ deps }: TestApp, sn: string, change: Record<string, unknown> = {}): Promise<void> {
  await settle(deps, { transaction: paidReport(await paymentOf(deps, sn), change), source: 'NOTICE' })
}

/** Reports money with another amount. @returns the mismatch's id. */
async function reportMismatch(app: TestApp, sn: string, totalFen = 10_000, transactionId = newTransactionId()) {
  await report(app, sn, { amount: amountOf(totalFen), transaction_id: transactionId })
  return (await app.deps.db.paymentMismatch.findFirstOrThrow({ where: { transactionId } })).id
}

/** An order that waits for payment, with a closed attempt and a newer, live one. */
async function givenTwoAttempts(app: TestApp) {
  const tapped = await givenTapped(app)
  await closeAttempt(app.deps, tapped.payment)
  const { paymentSn: live } = await tap(app.deps, tapped)
  return { orderSn: tapped.order.sn, closed: tapped.payment.sn, live }
}

/** The order's state, the payment that paid it, and the refunds of both attempts. */
async function endOf({ deps }: TestApp, { orderSn, closed, live }: Awaited<ReturnType<typeof givenTwoAttempts>>) {
  const { tradeState, paidBySn } = await orderOf(deps, orderSn)
  return { tradeState, paidBySn, closed: await summaryOf(deps, closed), live: await summaryOf(deps, live) }
}

const REFUNDED = ['UNAPPLIED REQUESTED 10000']

describe('a refund of money under review beside another attempt', () => {
  test('keeps the order for the attempt that is paid while the refund waits for the order’s lock', async ({ app }) => {
    const two = await givenTwoAttempts(app)
    const mismatchId = await reportMismatch(app, two.closed)

    const resolution = await whileLocked(app, { table: 'homestay_order', key: two.orderSn }, async (waiters) => {
      const refunding = refundMismatch(app.deps, { mismatchId })
      refunding.catch(() => {})
      await waiters(1)
      await report(app, two.live)
      return () => refunding
    })
    await applyToOrder(app.deps, { paymentSn: two.live })

    expect(resolution).toBe('REFUNDED')
    expect(await endOf(app, two)).toEqual({ tradeState: 'WAIT_USE', paidBySn: two.live, closed: REFUNDED, live: [] })
  })

  test('keeps the order for an attempt that is under review too, until its money is accepted', async ({ app }) => {
    const two = await givenTwoAttempts(app)
    const first = await reportMismatch(app, two.closed)
    const second = await reportMismatch(app, two.live)

    await refundMismatch(app.deps, { mismatchId: first })
    expect(await endOf(app, two)).toEqual({ tradeState: 'WAIT_PAY', paidBySn: null, closed: REFUNDED, live: [] })

    await acceptMismatch(app.deps, { mismatchId: second })
    expect(await endOf(app, two)).toEqual({ tradeState: 'WAIT_USE', paidBySn: two.live, closed: REFUNDED, live: [] })
  })

  test('cancels the order once the money of both attempts under review is refunded', async ({ app }) => {
    const two = await givenTwoAttempts(app)
    const first = await reportMismatch(app, two.closed)
    const second = await reportMismatch(app, two.live)

    await refundMismatch(app.deps, { mismatchId: first })
    await refundMismatch(app.deps, { mismatchId: second })

    expect(await endOf(app, two)).toEqual({ tradeState: 'CANCELLED', paidBySn: null, closed: REFUNDED, live: REFUNDED })
  })

  test('cancels the order though the refund that was decided first is not carried out yet', async ({ app }) => {
    const two = await givenTwoAttempts(app)
    const first = await reportMismatch(app, two.closed)
    const second = await reportMismatch(app, two.live)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'error', code: 'SIGN_ERROR' })
    await expect(refundMismatch(app.deps, { mismatchId: first })).rejects.toMatchObject({ wechatCode: 'SIGN_ERROR' })
    expect(await orderOf(app.deps, two.orderSn)).toMatchObject({ tradeState: 'WAIT_PAY' })

    app.sandbox.faults.clear('query')
    await refundMismatch(app.deps, { mismatchId: second })
    await finishDecisions(app.deps)

    expect(await endOf(app, two)).toEqual({ tradeState: 'CANCELLED', paidBySn: null, closed: REFUNDED, live: REFUNDED })
  })

  test('cancels the order once the other attempt’s mismatch is dismissed', async ({ app }) => {
    const two = await givenTwoAttempts(app)
    const dismissed = await reportMismatch(app, two.closed, 0)
    const refunded = await reportMismatch(app, two.live)

    await refundMismatch(app.deps, { mismatchId: refunded })
    expect(await endOf(app, two)).toEqual({ tradeState: 'WAIT_PAY', paidBySn: null, closed: [], live: REFUNDED })

    await dismissMismatch(app.deps, { mismatchId: dismissed })
    await applyToOrder(app.deps, { paymentSn: two.closed })
    expect(await endOf(app, two)).toEqual({ tradeState: 'CANCELLED', paidBySn: null, closed: [], live: REFUNDED })
  })

  test('refunds the money though a report that fits settles it before the refund is carried out', async ({ app }) => {
    const two = await givenTwoAttempts(app)
    const transactionId = newTransactionId()
    const first = await reportMismatch(app, two.closed, 10_000, transactionId)
    const second = await reportMismatch(app, two.live)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'error', code: 'SIGN_ERROR' })
    await expect(refundMismatch(app.deps, { mismatchId: first })).rejects.toMatchObject({ wechatCode: 'SIGN_ERROR' })

    await report(app, two.closed, { transaction_id: transactionId })
    await applyToOrder(app.deps, { paymentSn: two.closed })

    const closed = ['UNAPPLIED REQUESTED 12800']
    expect(await endOf(app, two)).toEqual({ tradeState: 'WAIT_PAY', paidBySn: null, closed, live: [] })
    app.sandbox.faults.clear('query')
    await acceptMismatch(app.deps, { mismatchId: second })
    expect(await endOf(app, two)).toEqual({ tradeState: 'WAIT_USE', paidBySn: two.live, closed, live: [] })
  })
})
