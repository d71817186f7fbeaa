import type { PaymentHint } from '../../../src/infra/pubsub.ts'
import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { closeStray } from '../../../src/payment/close.ts'
import { followPayment } from '../../../src/payment/follow.ts'
import { dismissForeign } from '../../../src/payment/release.ts'
import { settle } from '../../../src/payment/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenCancelled } from '../../harness/money.ts'
import { givenPaid, givenTapped, paymentOf, type Tapped, whenPayment } from '../../harness/scene.ts'
import { newTransactionId, paidWord } from '../../harness/word.ts'

interface Change {
  given: (app: TestApp) => Promise<Tapped>
  make: (app: TestApp, tapped: Tapped) => Promise<unknown>
}

const changes: Record<string, Change> = {
  'money that arrives': {
    given: givenTapped,
    make: ({ deps }, { payment }) => settle(deps, { transaction: paidWord(payment), source: 'NOTICE' }),
  },
  'a close with its order': {
    given: givenTapped,
    make: ({ deps }, { guest, order }) => cancelHomestayOrder(deps, { userId: guest.id, sn: order.sn }),
  },
  'a close without its order': {
    given: givenTapped,
    make: ({ deps }, { payment }) => closeStray(deps, payment),
  },
  'a refund that the guest asks for': {
    given: givenPaid,
    make: ({ deps }, { guest, order }) => refundHomestayOrder(deps, { userId: guest.id, sn: order.sn }),
  },
  'a refund that is opened because no order keeps the money': {
    given: async (app) => {
      const cancelled = await givenCancelled(app)
      app.sandbox.payLate(cancelled.payment.sn)
      await whenPayment(app.deps, cancelled.payment.sn, 'SUCCESS')
      return cancelled
    },
    make: ({ deps }, { payment }) => followPayment(deps, payment.sn),
  },
  'a dispute that ends': {
    given: async (app) => {
      const paid = await givenPaid(app)
      const transaction = paidWord(paid.payment, { transaction_id: newTransactionId() })
      await settle(app.deps, { transaction, source: 'NOTICE' })
      return paid
    },
    make: async ({ deps }) => {
      const { id: misfitId } = await deps.db.paymentMisfit.findFirstOrThrow()
      await dismissForeign(deps, { misfitId })
    },
  },
}

describe('whoever watches a payment', () => {
  test.for(Object.entries(changes))('hears of %s, with the version that it has then', async ([, change], { app }) => {
    const tapped = await change.given(app)
    const { sn } = tapped.payment
    const { version: before } = await paymentOf(app.deps, sn)
    const heard: PaymentHint[] = []
    app.deps.pubsub.subscribe((hint) => {
      if (hint.version > before) heard.push(hint)
    })

    await change.make(app, tapped)

    await expect.poll(() => heard).toEqual([{ sn, version: before + 1 }])
    expect(await paymentOf(app.deps, sn)).toMatchObject({ version: before + 1 })
  })
})
