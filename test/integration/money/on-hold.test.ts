import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { redeemTradeCode } from '../../../src/order/trade-code.ts'
import { closeAttempt } from '../../../src/payment/attempt/close.ts'
import { createRecheckLoop } from '../../../src/payment/attempt/recheck.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { queryAndSettle } from '../../../src/payment/settlement/query.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { givenPaid, givenTapped, orderOf, paymentOf, payOnPhone } from '../../harness/fixtures.ts'
import { loseNotices, refundManually, refundsOf, summaryOf } from '../../harness/money.ts'

describe('a payment on hold', () => {
  test('a payment on hold blocks messages, redemption and refunds until its refund’s notice arrives', async ({
    app,
  }) => {
    const { order, payment, params, guest, hostUserId } = await givenTapped(app)
    loseNotices(app)
    await payOnPhone(app, params)
    const outRefundNo = await refundManually(app, payment.sn, 800)
    await app.deps.db.$executeRaw`UPDATE payment SET "nextRecheckAt" = now() - interval '1 s'`
    await createRecheckLoop(app.deps)()
    await applyToOrder(app.deps, { paymentSn: payment.sn })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', heldAt: expect.any(Date) })
    const { tradeCode } = await orderOf(app.deps, order.sn)
    const redeem = () => redeemTradeCode(app.deps, { hostUserId, tradeCode: tradeCode ?? '' })
    await expect(redeem()).rejects.toMatchObject({ code: 'TRADE_CODE_INVALID' })
    expect(await app.deps.db.message.count()).toBe(0)
    const refund = refundHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
    await expect(refund).rejects.toMatchObject({ code: 'ORDER_NOT_REFUNDABLE' })

    await app.sandbox.sendNotice(outRefundNo)
    await applyToOrder(app.deps, { paymentSn: payment.sn })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ heldAt: null, refundedTotal: 800 })
    expect(await app.deps.db.message.count()).toBe(2)
    await redeem()
  })

  test('refunds the rest of an unapplied payment on hold only once its manual refund is known', async ({ app }) => {
    const { payment, guest, order, params } = await givenTapped(app)
    loseNotices(app)
    await closeAttempt(app.deps, payment)
    await cancelHomestayOrder(app.deps, { userId: guest.id, sn: order.sn })
    app.sandbox.payLate(params.paymentSn)
    const outRefundNo = await refundManually(app, payment.sn, 800)
    await queryAndSettle(app.deps, { attempt: payment, source: 'QUERY' })
    await applyToOrder(app.deps, { paymentSn: payment.sn })
    expect(await refundsOf(app.deps, payment.sn)).toEqual([])

    await app.sandbox.sendNotice(outRefundNo)
    await applyToOrder(app.deps, { paymentSn: payment.sn })

    expect(await summaryOf(app.deps, payment.sn)).toEqual(['MANUAL SUCCESS 800', 'UNAPPLIED REQUESTED 12000'])
  })

  test('does not put a payment on hold again by a query once its refund is known', async ({ app }) => {
    const { payment } = await givenPaid(app)
    await app.sandbox.sendNotice(await refundManually(app, payment.sn, 800))
    const { version } = await paymentOf(app.deps, payment.sn)

    expect(await queryAndSettle(app.deps, { attempt: payment, source: 'QUERY' })).toBe('PAID')

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ heldAt: null, version })
  })
})
