import type { PaymentHint } from '../../../src/infra/pubsub.ts'
import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { closeAttempt } from '../../../src/payment/attempt/close.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { dismissMismatch } from '../../../src/payment/review/dismiss.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenPaid, givenTapped, paymentOf, type Tapped, whenPayment } from '../../harness/fixtures.ts'
import { givenCancelled } from '../../harness/money.ts'
import { newTransactionId, paidReport } from '../../harness/reports.ts'

interface Change {
  given: (app: TestApp) => Promise<Tapped>
  make: (app: TestApp, tapped: Tapped) => Promise<unknown>
}

const changes: Record<string, Change> = {
  'a settlement': {
    given: givenTapped,
    make: ({ deps }, { payment }) => settle(deps, { transaction: paidReport(payment), source: 'NOTICE' }),
  },
  'a cancellation': {
    given: givenTapped,
    make: ({ deps }, { guest, order }) => cancelHomestayOrder(deps, { userId: guest.id, sn: order.sn }),
  },
  'the close of an orphaned attempt': {
    given: givenTapped,
    make: ({ deps }, { payment }) => closeAttempt(deps, payment),
  },
  'a guest’s refund': {
    given: givenPaid,
    make: ({ deps }, { guest, order }) => refundHomestayOrder(deps, { userId: guest.id, sn: order.sn }),
  },
  'the refund of an unapplied payment': {
    given: async (app) => {
      const cancelled = await givenCancelled(app)
      app.sandbox.payLate(cancelled.payment.sn)
      await whenPayment(app.deps, cancelled.payment.sn, 'SUCCESS')
      return cancelled
    },
    make: ({ deps }, { payment }) => applyToOrder(deps, { paymentSn: payment.sn }),
  },
  'the end of a review': {
    given: async (app) => {
      const paid = await givenPaid(app)
      const transaction = paidReport(paid.payment, { transaction_id: newTransactionId() })
      await settle(app.deps, { transaction, source: 'NOTICE' })
      return paid
    },
    make: async ({ deps }) => {
      const { id: mismatchId } = await deps.db.paymentMismatch.findFirstOrThrow()
      await dismissMismatch(deps, { mismatchId })
    },
  },
}

describe('the hint after a change', () => {
  test.for(Object.entries(changes))(
    'publishes one hint of %s, with the payment’s new version',
    async ([, change], { app }) => {
      const tapped = await change.given(app)
      const { sn } = tapped.payment
      const { version: before } = await paymentOf(app.deps, sn)
      const received: PaymentHint[] = []
      app.deps.pubsub.subscribe((hint) => {
        if (hint.version > before) received.push(hint)
      })

      await change.make(app, tapped)

      await expect.poll(() => received).toEqual([{ sn, version: before + 1 }])
      expect(await paymentOf(app.deps, sn)).toMatchObject({ version: before + 1 })
    },
  )
})
