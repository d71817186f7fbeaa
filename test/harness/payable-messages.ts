import { MessageKind } from '../../prisma/client/enums.ts'
import type { Deps } from '../../src/deps.ts'
import { deliverDue } from '../../src/notification/deliver.ts'
import { findTemplate } from '../../src/notification/template.ts'
import { applyToOrder } from '../../src/payment/outbox/apply-to-order.ts'
import { payableOf } from '../../src/payment/payable.ts'
import { describe, expect, type TestApp, test } from './app.ts'
import { paymentOf, whenPayment } from './fixtures.ts'
import { finishRefund, type PayableSubject, payableFixtures } from './payable-fixtures.ts'

/** The contract's part about messages: each is sent once, and says what is true when it is sent. */
export function describeMessages(name: string, subject: PayableSubject): void {
  const { serviceType, paidMessages } = subject
  const { givenPaid, givenPaidLate, givenPaidTwice } = payableFixtures(subject)

  describe(`the messages of ${name}`, () => {
    test('sends each message of a paid order once, however often its payment is applied', async ({ app }) => {
      const { deps, guest, paymentSn } = await givenPaid(app)
      for (let round = 0; round < 2; round++) {
        await applyToOrder(deps, { paymentSn })
        await applyToOrder(deps, { paymentSn })
        await deliverAll(deps)
      }
      expect(received(app, deps, guest.nickname)).toEqual(paidMessages.toSorted())
    })

    test('sends REFUNDED once after the late money of a cancelled order is refunded, and nothing before', async ({
      app,
    }) => {
      const { deps, guest, paymentSn } = await givenPaidLate(app)
      await applyToOrder(deps, { paymentSn })
      await deliverAll(deps)
      expect(received(app, deps, guest.nickname)).toEqual([])

      for (let round = 0; round < 2; round++) {
        await finishRefund(deps, paymentSn)
        await deliverAll(deps)
      }
      expect(received(app, deps, guest.nickname)).toEqual(['REFUNDED'])
    })

    test('sends REFUNDED once for a refunded second payment, besides the messages of the first', async ({ app }) => {
      const { deps, guest, lateSn } = await givenPaidTwice(app)
      await applyToOrder(deps, { paymentSn: lateSn })
      await finishRefund(deps, lateSn)
      await applyToOrder(deps, { paymentSn: lateSn })
      await deliverAll(deps)
      expect(received(app, deps, guest.nickname)).toEqual([...paidMessages, 'REFUNDED'].toSorted())
      expect(await kindsOf(deps, lateSn)).toEqual(['REFUNDED'])
    })

    test('sends REFUNDED once when a paid order is refunded in full', async ({ app }) => {
      const { deps, guest, paymentSn } = await givenPaid(app)
      await applyToOrder(deps, { paymentSn })
      await deliverAll(deps)
      app.sandbox.refundManually({ outTradeNo: paymentSn })
      await whenPayment(deps, paymentSn, 'REFUNDED')
      for (let round = 0; round < 2; round++) {
        await applyToOrder(deps, { paymentSn })
        await deliverAll(deps)
      }
      expect(received(app, deps, guest.nickname)).toEqual([...paidMessages, 'REFUNDED'].toSorted())
    })

    test('sends no message of a paid order while its payment is on hold, and all of them after that', async ({
      app,
    }) => {
      const { deps, guest, paymentSn } = await givenPaid(app)
      await applyToOrder(deps, { paymentSn })
      const hold = (heldAt: Date | null) => deps.db.payment.update({ where: { sn: paymentSn }, data: { heldAt } })
      await hold(new Date())
      await deliverAll(deps)
      expect(received(app, deps, guest.nickname)).toEqual([])

      await hold(null)
      await deliverAll(deps)
      expect(received(app, deps, guest.nickname)).toEqual(paidMessages.toSorted())
    })

    test('sends nothing but REFUNDED once all of an order’s money is refunded, applied before or not', async ({
      app,
    }) => {
      const first = await givenPaid(app)
      await applyToOrder(first.deps, { paymentSn: first.paymentSn })
      const second = await givenPaid(app, first.deps)
      for (const { deps, paymentSn } of [first, second]) {
        app.sandbox.refundManually({ outTradeNo: paymentSn })
        await whenPayment(deps, paymentSn, 'REFUNDED')
        await applyToOrder(deps, { paymentSn })
      }
      await deliverAll(first.deps)
      for (const { deps, guest } of [first, second]) expect(received(app, deps, guest.nickname)).toEqual(['REFUNDED'])
      expect(await kindsOf(second.deps, second.paymentSn)).toEqual(['REFUNDED'])
    })

    test('judges messages of two orders by their own orders, in the order given', async ({ app }) => {
      const refunded = await givenPaid(app)
      await applyToOrder(refunded.deps, { paymentSn: refunded.paymentSn })
      app.sandbox.refundManually({ outTradeNo: refunded.paymentSn })
      await whenPayment(refunded.deps, refunded.paymentSn, 'REFUNDED')
      await applyToOrder(refunded.deps, { paymentSn: refunded.paymentSn })
      const paid = await givenPaid(app, refunded.deps)
      const { deps } = paid
      await applyToOrder(deps, { paymentSn: paid.paymentSn })

      const payments = await Promise.all([refunded, paid, refunded].map(({ paymentSn }) => paymentOf(deps, paymentSn)))
      const verdicts = await payableOf(deps, serviceType).judgeMessages(
        deps.db,
        payments.map((payment) => ({ kind: 'ORDER_PAID', payment })),
      )
      expect(verdicts.map(({ verdict }) => verdict)).toEqual(['DROP', 'SEND', 'DROP'])
    })

    test('judges messages of every kind without writing, with a value for each key of the template', async ({
      app,
    }) => {
      const { deps, paymentSn } = await givenPaid(app)
      await applyToOrder(deps, { paymentSn })
      const payment = await paymentOf(deps, paymentSn)
      const kinds = Object.values(MessageKind)
      const verdicts = await deps.db.$transaction(async (tx) => {
        await tx.$executeRaw`SET TRANSACTION READ ONLY`
        return payableOf(deps, serviceType).judgeMessages(
          tx,
          kinds.map((kind) => ({ kind, payment })),
        )
      })
      expect(verdicts).toHaveLength(kinds.length)
      for (const [index, kind] of kinds.entries()) {
        const judged = verdicts[index]
        const keys = findTemplate(deps, kind)?.keys
        if (judged?.verdict === 'SEND') expect(judged.values).toHaveLength(keys?.length ?? 0)
        const isSent = kind === 'REFUNDED' || paidMessages.includes(kind)
        expect(judged?.verdict, kind).toBe(isSent ? 'SEND' : 'DROP')
      }
    })
  })
}

/** Sends every message that may be sent, as if the time of its next try had come and its job was lost. */
export async function deliverAll(deps: Deps): Promise<void> {
  await deps.db.$executeRaw`UPDATE message SET "nextTryAt" = now() - interval '10 seconds' WHERE status = 'PENDING'`
  await deliverDue(deps)
}

/** The kinds of the messages that a user received, by name. */
export function received({ sandbox }: TestApp, { config }: Deps, openid: string): MessageKind[] {
  const templateIds = sandbox.messages(openid).map(({ templateId }) => templateId)
  return Object.values(MessageKind)
    .flatMap((kind) => templateIds.filter((id) => id === findTemplate({ config }, kind)?.id).map(() => kind))
    .toSorted()
}

/** The kinds of the messages that were enqueued for a payment. */
async function kindsOf({ db }: Deps, paymentSn: string): Promise<MessageKind[]> {
  const messages = await db.message.findMany({ where: { paymentSn }, orderBy: { kind: 'asc' } })
  return messages.map(({ kind }) => kind)
}
