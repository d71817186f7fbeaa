import { applyPayments } from '../../src/payment/outbox/apply-payments.ts'
import { payableOf } from '../../src/payment/payable.ts'
import { describe, expect, test } from './app.ts'
import { paymentOf } from './fixtures.ts'
import { type PayableSubject, payableFixtures } from './payable-fixtures.ts'
import { deliverAll, received } from './payable-messages.ts'

/** The contract's part about payments that are applied together, whether or not the kind has `applyMany`. */
export function describeBatches(name: string, subject: PayableSubject): void {
  const { serviceType, paidMessages } = subject
  const { given, givenPaid, givenPaidLate } = payableFixtures(subject)

  /** Two paid orders of two guests; nobody has applied their payments. */
  async function givenTwoPaid(app: Parameters<typeof givenPaid>[0]) {
    const first = await givenPaid(app)
    const second = await givenPaid(app, first.deps)
    return { deps: first.deps, first, second }
  }

  describe(`${name}, paid together with others`, () => {
    test('marks each order paid once, and sends its messages once, however often they are applied', async ({ app }) => {
      const { deps, first, second } = await givenTwoPaid(app)
      const batch = [first, second, first].map(({ paymentSn }) => ({ paymentSn }))

      for (let round = 0; round < 2; round++) {
        const ends = await applyPayments(deps, batch)
        expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
        await deliverAll(deps)
      }

      for (const { lock, paymentSn, guest } of [first, second]) {
        expect(await lock()).toMatchObject({ waitsForPayment: false, paidBySn: paymentSn, offer: null })
        const { version, appliedVersion } = await paymentOf(deps, paymentSn)
        expect(appliedVersion).toBe(version)
        expect(received(app, deps, guest.nickname)).toEqual(paidMessages.toSorted())
      }
      expect(await deps.db.refund.count()).toBe(0)
    })

    test('applies payments twice at once as if once', async ({ app }) => {
      const { deps, first, second } = await givenTwoPaid(app)
      const batch = [first, second].map(({ paymentSn }) => ({ paymentSn }))

      const ends = await Promise.all([applyPayments(deps, batch), applyPayments(deps, batch.toReversed())])

      expect(ends.flat().map(({ status }) => status)).toEqual(batch.concat(batch).map(() => 'fulfilled'))
      for (const { lock, paymentSn } of [first, second]) expect(await lock()).toMatchObject({ paidBySn: paymentSn })
      expect(await deps.db.message.count()).toBe(2 * paidMessages.length)
    })

    test('refunds the late money of one, and marks the other paid', async ({ app }) => {
      const late = await givenPaidLate(app)
      const paid = await givenPaid(app, late.deps)
      const { deps } = late

      const ends = await applyPayments(deps, [{ paymentSn: late.paymentSn }, { paymentSn: paid.paymentSn }])

      expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
      expect(await late.lock()).toMatchObject({ waitsForPayment: false, paidBySn: null })
      expect(await paid.lock()).toMatchObject({ paidBySn: paid.paymentSn })
      expect(await deps.db.refund.findMany()).toMatchObject([{ paymentSn: late.paymentSn, cause: 'UNAPPLIED' }])
    })

    test('fails one without a payment alone, and does nothing for one that is not paid', async ({ app }) => {
      const paid = await givenPaid(app)
      const unpaid = await given(app, paid.deps)
      const { paymentSn: unpaidSn } = await unpaid.tap()
      const missing = { paymentSn: 'no-such-payment' }

      const ends = await applyPayments(paid.deps, [missing, { paymentSn: unpaidSn }, { paymentSn: paid.paymentSn }])

      expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
      expect(await unpaid.lock()).toMatchObject({ waitsForPayment: true, paidBySn: null })
      expect(await paid.lock()).toMatchObject({ paidBySn: paid.paymentSn })
    })

    test('lets an order that somebody has locked delay its own payment alone', async ({ app }) => {
      const { deps, first, second } = await givenTwoPaid(app)

      const { applying } = await deps.db.$transaction(async (tx) => {
        await payableOf(deps, serviceType).lock(tx, first.orderSn)
        const batch = [{ paymentSn: first.paymentSn }, { paymentSn: second.paymentSn }]
        const applying = applyPayments(deps, batch)
        await expect.poll(async () => (await second.lock())?.paidBySn).toBe(second.paymentSn)
        expect(await paymentOf(deps, first.paymentSn)).toMatchObject({ appliedVersion: 1 })
        return { applying }
      })

      expect((await applying).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
      expect(await first.lock()).toMatchObject({ paidBySn: first.paymentSn })
    })
  })
}
