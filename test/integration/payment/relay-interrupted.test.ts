import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { redeemTradeCode } from '../../../src/order/trade-code.ts'
import { cancelUnpaid } from '../../../src/payment/attempt/close.ts'
import { applyNew } from '../../../src/payment/outbox/apply-new.ts'
import { applyPayments } from '../../../src/payment/outbox/apply-payments.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { relayPayments } from '../../../src/payment/outbox/relay.ts'
import { recordRefund } from '../../../src/payment/refund/record.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { parseRefund } from '../../../src/wechat/transaction.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { interruptEverywhere } from '../../harness/cut-connection.ts'
import { deliverMessage } from '../../harness/deliver.ts'
import { acceptMessages, freshOrder, freshTapped, type Tapped, tap } from '../../harness/fixtures.ts'
import { paidReport } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

async function givenSettled(app: TestApp): Promise<Tapped> {
  const tapped = await freshTapped(app)
  await settle(app.deps, { transaction: paidReport(tapped.payment), source: 'NOTICE' })
  return tapped
}

async function givenUsable(app: TestApp): Promise<Tapped & { tradeCode: string }> {
  const settled = await givenSettled(app)
  await applyToOrder(app.deps, { paymentSn: settled.payment.sn })
  const { tradeCode } = await app.deps.db.homestayOrder.findUniqueOrThrow({ where: { sn: settled.order.sn } })
  return { ...settled, tradeCode: tradeCode ?? '' }
}

/** Late money for a cancelled order, settled and not applied. */
async function givenLateMoney(app: TestApp): Promise<Tapped> {
  const tapped = await freshTapped(app)
  await cancelUnpaid(app.deps, { serviceType: 'HOMESTAY_ORDER', orderSn: tapped.order.sn })
  await settle(app.deps, { transaction: paidReport(tapped.payment), source: 'NOTICE' })
  return tapped
}

/** A report that the payment's refund succeeded. */
async function refundedReport(app: TestApp, paymentSn: string) {
  const { outRefundNo, refundTotal, payment } = await app.deps.db.refund.findFirstOrThrow({
    where: { paymentSn },
    include: { payment: true },
  })
  return parseRefund({
    refund_id: `5${outRefundNo}`,
    out_refund_no: outRefundNo,
    transaction_id: payment.transactionId,
    out_trade_no: paymentSn,
    status: 'SUCCESS',
    success_time: new Date().toISOString(),
    amount: { total: payment.payTotal, refund: refundTotal, payer_total: payment.payTotal, payer_refund: refundTotal },
  })
}

function hasCode(code: string) {
  return (error: unknown) => error instanceof Error && 'code' in error && error.code === code
}

describe('interrupted between any two statements and run again', () => {
  test('an interrupted settlement settles the payment once', async ({ app }) => {
    const interruptions = await interruptEverywhere(app, {
      given: async () => {
        const tapped = await freshTapped(app)
        return { ...tapped, transaction: paidReport(tapped.payment) }
      },
      run: (deps, { transaction }) => settle(deps, { transaction, source: 'NOTICE' }),
      end: ({ order }) => snapshotOf(app.deps, order.sn),
    })

    expect(interruptions).toBeGreaterThan(1)
  })

  test('an interrupted tap opens one attempt', async ({ app }) => {
    const interruptions = await interruptEverywhere(app, {
      given: () => freshOrder(app),
      run: (deps, booked) => tap(deps, booked),
      end: ({ order }) => snapshotOf(app.deps, order.sn),
    })

    expect(interruptions).toBeGreaterThanOrEqual(6)
  })

  test('the interrupted relay enqueues a change once', async ({ app }) => {
    const interruptions = await interruptEverywhere(app, {
      given: () => givenSettled(app),
      run: (deps, { payment }) => relayPayments(deps, [payment.sn]),
      end: ({ order }) => snapshotOf(app.deps, order.sn),
    })

    expect(interruptions).toBeGreaterThan(4)
  })

  test('the interrupted loop of the relay pays the order once and enqueues each message once', async ({ app }) => {
    const interruptions = await interruptEverywhere(app, {
      given: () => givenSettled(app),
      run: applyNew,
      end: async ({ order, payment }) => {
        // What it can't apply gets a job.
        await applyPayments(app.deps, [{ paymentSn: payment.sn }])
        return { ...(await snapshotOf(app.deps, order.sn)), jobs: [] }
      },
      isLoop: true,
    })

    expect(interruptions).toBeGreaterThan(2)
  })

  test('applying a payment, interrupted, pays the order once and enqueues each message once', async ({ app }) => {
    const interruptions = await interruptEverywhere(app, {
      given: () => givenSettled(app),
      run: (deps, { payment }) => applyToOrder(deps, { paymentSn: payment.sn }),
      end: ({ order }) => snapshotOf(app.deps, order.sn),
    })

    expect(interruptions).toBeGreaterThan(12)
  })

  test('applying payments together, interrupted, pays each order once and enqueues each message once', async ({
    app,
  }) => {
    const interruptions = await interruptEverywhere(app, {
      given: async () => [await givenSettled(app), await givenSettled(app)],
      run: (deps, settled) =>
        applyPayments(
          deps,
          settled.map(({ payment }) => ({ paymentSn: payment.sn })),
        ),
      end: (settled) => Promise.all(settled.map(({ order }) => snapshotOf(app.deps, order.sn))),
      // It applies each by itself when it can't apply them together.
      isLoop: true,
    })

    expect(interruptions).toBeGreaterThan(1)
  })

  test('applying late money, interrupted, opens one refund', async ({ app }) => {
    const interruptions = await interruptEverywhere(app, {
      given: () => givenLateMoney(app),
      run: (deps, { payment }) => applyToOrder(deps, { paymentSn: payment.sn }),
      end: async ({ order, payment }) => {
        // As the relay does for the refund that was opened.
        await applyToOrder(app.deps, { paymentSn: payment.sn })
        return snapshotOf(app.deps, order.sn)
      },
    })

    expect(interruptions).toBeGreaterThan(12)
  })

  test('an interrupted cancellation cancels the order once', async ({ app }) => {
    const interruptions = await interruptEverywhere(app, {
      given: () => freshTapped(app),
      run: (deps, { guest, order }) => cancelHomestayOrder(deps, { userId: guest.id, sn: order.sn }),
      end: ({ order }) => snapshotOf(app.deps, order.sn),
    })

    expect(interruptions).toBeGreaterThan(7)
  })

  test('an interrupted guest refund is opened once', async ({ app }) => {
    const interruptions = await interruptEverywhere(app, {
      given: () => givenUsable(app),
      run: (deps, { guest, order }) => refundHomestayOrder(deps, { userId: guest.id, sn: order.sn }),
      end: ({ order }) => snapshotOf(app.deps, order.sn),
    })

    expect(interruptions).toBeGreaterThan(7)
  })

  test('an interrupted refund report records the end of the refund once', async ({ app }) => {
    const interruptions = await interruptEverywhere(app, {
      given: async () => {
        const usable = await givenUsable(app)
        await refundHomestayOrder(app.deps, { userId: usable.guest.id, sn: usable.order.sn })
        return { ...usable, report: await refundedReport(app, usable.payment.sn) }
      },
      run: (deps, { report }) => recordRefund(deps, { report, source: 'NOTICE' }),
      end: async ({ order, payment }) => {
        await applyToOrder(app.deps, { paymentSn: payment.sn })
        return snapshotOf(app.deps, order.sn)
      },
    })

    expect(interruptions).toBeGreaterThan(7)
  })

  test('an interrupted redemption redeems the code once, and the repeat may answer TRADE_CODE_INVALID', async ({
    app,
  }) => {
    const interruptions = await interruptEverywhere(app, {
      given: () => givenUsable(app),
      run: (deps, { hostUserId, tradeCode }) => redeemTradeCode(deps, { hostUserId, tradeCode }),
      end: ({ order }) => snapshotOf(app.deps, order.sn),
      refusesRepeat: hasCode('TRADE_CODE_INVALID'),
    })

    expect(interruptions).toBeGreaterThan(4)
  })

  test('an interrupted message is delivered once, or twice where its outcome was unknown', async ({ app }) => {
    const received = ({ guest }: Tapped) => app.sandbox.messages(guest.nickname).length
    const interruptions = await interruptEverywhere(app, {
      given: async () => {
        const usable = await givenUsable(app)
        // A second consent, for the repeat of what may have arrived.
        acceptMessages(app, usable.payment.openid)
        const message = await app.deps.db.message.findFirstOrThrow({
          where: { paymentSn: usable.payment.sn, kind: 'CHECK_IN' },
        })
        return { ...usable, message }
      },
      run: (deps, { message }) => deliverMessage(deps, { messageId: message.id }),
      between: () =>
        app.deps.db
          .$executeRaw`UPDATE message SET "nextTryAt" = now() - interval '10 seconds' WHERE status = 'PENDING'`,
      end: async (fixture) => {
        const { status } = await app.deps.db.message.findUniqueOrThrow({ where: { id: fixture.message.id } })
        return { status, arrived: received(fixture) >= 1 && received(fixture) <= 2 }
      },
    })

    expect(interruptions).toBeGreaterThan(4)
  })
})
