import type { Deps } from '../../../src/deps.ts'
import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { redeemTradeCode } from '../../../src/order/trade-code.ts'
import { cancelAtOnce } from '../../../src/payment/attempt/cancel-at-once.ts'
import { closeAttempt } from '../../../src/payment/attempt/close.ts'
import { applyNew } from '../../../src/payment/outbox/apply-new.ts'
import { applyPayments } from '../../../src/payment/outbox/apply-payments.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { refundMismatch } from '../../../src/payment/review/decide.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenPaid, givenTapped, paymentOf, type Tapped, tap } from '../../harness/fixtures.ts'
import { whileLocked } from '../../harness/race.ts'
import { amountOf, paidReport } from '../../harness/reports.ts'

interface Case {
  given: (app: TestApp) => Promise<Tapped>
  run: (deps: Deps, tapped: Tapped) => Promise<unknown>
}

async function givenSettled(app: TestApp, change: Record<string, unknown> = {}): Promise<Tapped> {
  const tapped = await givenTapped(app)
  await settle(app.deps, { transaction: paidReport(tapped.payment, change), source: 'NOTICE' })
  return tapped
}

const cases: Record<string, Case> = {
  applyToOrder: {
    given: givenSettled,
    run: (deps, { payment }) => applyToOrder(deps, { paymentSn: payment.sn }),
  },
  applyPayments: {
    given: givenSettled,
    run: (deps, { payment }) => applyPayments(deps, [{ paymentSn: payment.sn }]),
  },
  cancelAtOnce: {
    given: givenTapped,
    run: (deps, { order, payment }) =>
      cancelAtOnce(deps, { serviceType: 'HOMESTAY_ORDER', orderSn: order.sn }, payment),
  },
  closeAttempt: {
    given: givenTapped,
    run: (deps, { payment }) => closeAttempt(deps, payment),
  },
  cancelHomestayOrder: {
    given: givenTapped,
    run: (deps, { guest, order }) => cancelHomestayOrder(deps, { userId: guest.id, sn: order.sn }),
  },
  refundHomestayOrder: {
    given: givenPaid,
    run: (deps, { guest, order }) => refundHomestayOrder(deps, { userId: guest.id, sn: order.sn }),
  },
  redeemTradeCode: {
    given: givenPaid,
    run: (deps, { hostUserId, order }) => redeemTradeCode(deps, { hostUserId, tradeCode: order.tradeCode ?? '' }),
  },
  refundMismatch: {
    given: (app) => givenSettled(app, { amount: amountOf(10_000) }),
    run: async (deps, { payment }) => {
      const { id: mismatchId } = await deps.db.paymentMismatch.findFirstOrThrow({ where: { paymentSn: payment.sn } })
      return refundMismatch(deps, { mismatchId })
    },
  },
  wxPay: {
    given: givenTapped,
    run: (deps, tapped) => tap(deps, tapped),
  },
}

/** @throws when the payment is locked. */
function lockAtOnce({ deps }: TestApp, sn: string): Promise<unknown[]> {
  return deps.db.$queryRaw`SELECT sn FROM payment WHERE sn = ${sn} FOR UPDATE NOWAIT`
}

describe('lock order', () => {
  test.for(Object.entries(cases))('%s locks the order before the payment', async ([, { given, run }], { app }) => {
    const tapped = await given(app)
    const { order, payment } = tapped

    await whileLocked(app, { table: 'homestay_order', key: order.sn }, async (waiters) => {
      const running = run(app.deps, tapped)
      running.catch(() => {})
      await waiters(1)
      expect(await lockAtOnce(app, payment.sn)).toEqual([{ sn: payment.sn }])
      return () => running
    })
  })

  // It waits for no order, and leaves what is locked to a job.
  test('applyNew does not lock a payment whose order is locked', async ({ app }) => {
    const { order, payment } = await givenSettled(app)
    await whileLocked(app, { table: 'homestay_order', key: order.sn }, async () => {
      expect(await applyNew(app.deps)).toEqual({ applied: 0, isMore: false })
      expect(await lockAtOnce(app, payment.sn)).toEqual([{ sn: payment.sn }])
      return async () => {}
    })
  })

  test('applyNew waits for no payment that is locked', async ({ app }) => {
    const { order, payment } = await givenSettled(app)
    await whileLocked(app, { table: 'payment', key: payment.sn }, async () => {
      expect(await applyNew(app.deps)).toEqual({ applied: 0, isMore: false })
      return async () => {}
    })
    expect(await applyNew(app.deps)).toEqual({ applied: 1, isMore: false })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ orderSn: order.sn, appliedVersion: 2 })
  })
})
