import type { Deps } from '../../../src/deps.ts'
import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { redeemTradeCode } from '../../../src/order/trade-code.ts'
import { closeStray } from '../../../src/payment/close.ts'
import { followPayment } from '../../../src/payment/follow.ts'
import { refundDisputed } from '../../../src/payment/operate.ts'
import { settle } from '../../../src/payment/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { whileLocked } from '../../harness/race.ts'
import { givenPaid, givenTapped, type Tapped, tap } from '../../harness/scene.ts'
import { amountOf, paidWord } from '../../harness/word.ts'

interface Case {
  given: (app: TestApp) => Promise<Tapped>
  run: (deps: Deps, tapped: Tapped) => Promise<unknown>
}

async function givenSettled(app: TestApp, change: Record<string, unknown> = {}): Promise<Tapped> {
  const tapped = await givenTapped(app)
  await settle(app.deps, { transaction: paidWord(tapped.payment, change), source: 'NOTICE' })
  return tapped
}

const cases: Record<string, Case> = {
  followPayment: {
    given: givenSettled,
    run: (deps, { payment }) => followPayment(deps, payment.sn),
  },
  closeStray: {
    given: givenTapped,
    run: (deps, { payment }) => closeStray(deps, payment),
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
  refundDisputed: {
    given: (app) => givenSettled(app, { amount: amountOf(10_000) }),
    run: async (deps, { payment }) => {
      const { id: misfitId } = await deps.db.paymentMisfit.findFirstOrThrow({ where: { paymentSn: payment.sn } })
      return refundDisputed(deps, { misfitId })
    },
  },
  wxPay: {
    given: givenTapped,
    run: (deps, tapped) => tap(deps, tapped),
  },
}

/** @throws when somebody holds the payment. */
function lockAtOnce({ deps }: TestApp, sn: string): Promise<unknown[]> {
  return deps.db.$queryRaw`SELECT sn FROM payment WHERE sn = ${sn} FOR UPDATE NOWAIT`
}

describe('whoever locks an order and its payment', () => {
  test.for(Object.entries(cases))('locks the order first: %s', async ([, { given, run }], { app }) => {
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
})
