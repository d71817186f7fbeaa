import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { closeAttempt } from '../../../src/payment/attempt/close.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, paymentOf, type Tapped, tap } from '../../harness/fixtures.ts'
import { WAITING_FOR_LOCK } from '../../harness/locks.ts'
import { amountOf, paidReport } from '../../harness/reports.ts'
import { stopClock } from '../../harness/time.ts'

interface Case {
  happens: (app: TestApp, tapped: Tapped) => Promise<unknown>
  refusal: object
}

const cases: Record<string, Case> = {
  'its order is cancelled': {
    happens: ({ deps }, { guest, order }) => cancelHomestayOrder(deps, { userId: guest.id, sn: order.sn }),
    refusal: { code: 'ORDER_NOT_PAYABLE', tradeState: 'CANCELLED' },
  },
  'its time to pay is over': {
    happens: ({ deps }) => deps.db.$executeRaw`UPDATE homestay_order SET "payBefore" = now() - interval '1 s'`,
    refusal: { code: 'ORDER_NOT_PAYABLE', tradeState: 'WAIT_PAY' },
  },
  'its payment is settled': {
    happens: ({ deps }, { payment }) => settle(deps, { transaction: paidReport(payment), source: 'NOTICE' }),
    refusal: { code: 'ORDER_ALREADY_PAID' },
  },
  'its payment is under review': {
    happens: ({ deps }, { payment }) =>
      settle(deps, { transaction: paidReport(payment, { amount: amountOf(1) }), source: 'NOTICE' }),
    refusal: { code: 'ORDER_ALREADY_PAID' },
  },
}

describe('a second tap at the same second', () => {
  test.for(Object.entries(cases))('gets no parameters once %s', async ([, { happens, refusal }], { app }) => {
    stopClock()
    const tapped = await freshTapped(app)
    expect(await tap(app.deps, tapped)).toEqual(tapped.params)

    await happens(app, tapped)

    await expect(tap(app.deps, tapped)).rejects.toMatchObject(refusal)
  })

  test('gets those of another attempt once its own is closed', async ({ app }) => {
    stopClock()
    const tapped = await freshTapped(app)

    await closeAttempt(app.deps, tapped.payment)

    const again = await tap(app.deps, tapped)
    expect(again.paymentSn).not.toBe(tapped.params.paymentSn)
    expect(again.package).not.toBe(tapped.params.package)
  })
})

describe('a tap that waits for the order', () => {
  test('sees what happened to the attempt while it waited', async ({ app }) => {
    const { db } = app.deps
    const tapped = await freshTapped(app)
    const { sn } = tapped.payment

    const { waiting } = await db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 AS one FROM homestay_order WHERE sn = ${tapped.order.sn} FOR UPDATE`
      const waiting = tap(app.deps, tapped)
      waiting.catch(() => {})
      // Not through `tx`: inside a transaction pg_stat_activity does not change.
      await expect.poll(() => db.$queryRawUnsafe(WAITING_FOR_LOCK.replace('pid', 'pid::int'))).toHaveLength(1)
      await tx.payment.update({ where: { sn }, data: { status: 'CLOSED', closedAt: new Date(), version: 2 } })
      return { waiting }
    })

    const { paymentSn } = await waiting
    expect(paymentSn).not.toBe(sn)
    expect(await paymentOf(app.deps, paymentSn)).toMatchObject({ status: 'PENDING' })
  })
})
