import { redeemTradeCode } from '../../../src/order/trade-code.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { settle, settlePayments } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { freshTapped, orderOf, paymentOf } from '../../harness/fixtures.ts'
import { amountOf, newTransactionId, paidReport } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

describe('settling', () => {
  test('settles a payment (MOVED) at its next version, with one event', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const transaction = paidReport(payment, { amount: amountOf(12_800, 12_000) })

    const settled = await settle(app.deps, { transaction, source: 'QUERY' })

    expect(settled).toEqual({
      outTradeNo: payment.sn,
      outcome: 'MOVED',
      mismatch: null,
      dismissed: false,
      isFirstReport: false,
      paidFrom: 'PENDING',
      secondsToPaid: expect.any(Number),
      version: 2,
    })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({
      status: 'SUCCESS',
      transactionId: transaction.transactionId,
      paidTotal: 12_800,
      payerTotal: 12_000,
      tradeState: 'SUCCESS',
      tradeType: 'JSAPI',
      payTime: transaction.successTime,
      nextRecheckAt: null,
    })
    const event = await app.deps.db.paymentEvent.findFirstOrThrow({ where: { paymentSn: payment.sn, version: 2 } })
    expect(event).toMatchObject({
      fromStatus: 'PENDING',
      toStatus: 'SUCCESS',
      source: 'QUERY',
      detail: { wechat: transaction.raw },
    })
  })

  test('changes nothing (SAME) when the same transaction is reported again, by another source', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const transaction = paidReport(payment)
    await settle(app.deps, { transaction, source: 'NOTICE' })
    const before = await paymentOf(app.deps, payment.sn)

    const again = await settle(app.deps, { transaction, source: 'QUERY' })

    expect(again).toEqual({
      outTradeNo: payment.sn,
      outcome: 'SAME',
      mismatch: null,
      dismissed: false,
      isFirstReport: false,
      paidFrom: null,
      secondsToPaid: null,
      version: null,
    })
    expect(await paymentOf(app.deps, payment.sn)).toEqual(before)
  })

  test('stores one mismatch (OTHER_TRANSACTION) for a second transaction of a paid payment', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const first = paidReport(payment)
    const second = paidReport(payment)
    await settle(app.deps, { transaction: first, source: 'NOTICE' })

    const outcomes = [
      await settle(app.deps, { transaction: second, source: 'NOTICE' }),
      await settle(app.deps, { transaction: second, source: 'NOTICE' }),
    ]

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['OTHER_TRANSACTION', 'OTHER_TRANSACTION'])
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({
      status: 'SUCCESS',
      transactionId: first.transactionId,
    })
    const stored = await app.deps.db.paymentMismatch.findMany({ where: { paymentSn: payment.sn } })
    expect(stored).toMatchObject([
      { kind: 'OTHER_TRANSACTION', transactionId: second.transactionId, content: second.raw },
    ])
  })

  test('stores one mismatch (UNKNOWN) for a number that no payment has', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const transaction = paidReport(payment, { out_trade_no: 'PA20200101NOBODYKNOWSIT' })

    const outcomes = [
      await settle(app.deps, { transaction, source: 'NOTICE' }),
      await settle(app.deps, { transaction, source: 'NOTICE' }),
    ]

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['UNKNOWN', 'UNKNOWN'])
    const stored = await app.deps.db.paymentMismatch.findMany()
    expect(stored).toMatchObject([{ kind: 'UNKNOWN', paymentSn: null, number: 'PA20200101NOBODYKNOWSIT' }])
    expect(await paymentOf(app.deps, payment.sn)).toEqual(payment)
  })

  test('settles many reports in one statement, with one outcome for each', async ({ app }) => {
    const [a, b, c, d] = [
      await freshTapped(app),
      await freshTapped(app),
      await freshTapped(app),
      await freshTapped(app),
    ]
    const known = paidReport(b.payment)
    await settle(app.deps, { transaction: known, source: 'NOTICE' })
    const transactions = [
      paidReport(d.payment, { amount: amountOf(1) }),
      known,
      paidReport(a.payment),
      paidReport(c.payment, { out_trade_no: 'PA20200101NOBODYKNOWSIT' }),
      paidReport(c.payment),
    ]

    const settled = await settlePayments(
      app.deps.settleDb,
      transactions.map((transaction) => ({ transaction, source: 'BILL' as const })),
    )

    expect(new Map(settled.map(({ outTradeNo, outcome }) => [outTradeNo, outcome]))).toEqual(
      new Map([
        [d.payment.sn, 'MISMATCH'],
        [b.payment.sn, 'SAME'],
        [a.payment.sn, 'MOVED'],
        ['PA20200101NOBODYKNOWSIT', 'UNKNOWN'],
        [c.payment.sn, 'MOVED'],
      ]),
    )
    expect((await snapshotOf(app.deps, c.order.sn)).payments[0]?.events).toEqual([
      '1  PENDING WX_PAY',
      '2 PENDING SUCCESS BILL',
    ])
  })

  test('compares a report with what the attempt stored, not with the current configuration', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const { config } = app.deps
    const pay = { ...config.wechat.pay, mchid: '1999999999', appid: 'wx9999999999999999' }
    const reconfigured = { ...app.deps, config: { ...config, wechat: { ...config.wechat, pay } } }

    const { outcome } = await settle(reconfigured, { transaction: paidReport(payment), source: 'NOTICE' })

    expect(outcome).toBe('MOVED')
  })

  test('refuses to settle a transaction in NOTPAY', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const transaction = paidReport(payment, { trade_state: 'NOTPAY' })

    await expect(settle(app.deps, { transaction, source: 'NOTICE' })).rejects.toThrow('only collected money')
  })
})

describe('trade_state REFUND', () => {
  test('settles and puts on hold a payment that WeChat reports as REFUND, without messages or redemption', async ({
    app,
  }) => {
    const { payment, order, hostUserId } = await freshTapped(app)
    const transaction = paidReport(payment, { trade_state: 'REFUND' })

    expect(await settle(app.deps, { transaction, source: 'QUERY' })).toMatchObject({ outcome: 'MOVED' })
    await applyToOrder(app.deps, { paymentSn: payment.sn })

    const onHold = await paymentOf(app.deps, payment.sn)
    expect(onHold).toMatchObject({ status: 'SUCCESS', tradeState: 'REFUND' })
    expect(onHold.heldAt).not.toBeNull()
    expect((await snapshotOf(app.deps, order.sn)).messages).toEqual([])
    const { tradeCode } = await orderOf(app.deps, order.sn)
    const redeemed = redeemTradeCode(app.deps, { hostUserId, tradeCode: tradeCode ?? '' })
    await expect(redeemed).rejects.toMatchObject({ code: 'TRADE_CODE_INVALID' })
  })

  test('puts a paid payment on hold once, however often REFUND is reported', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const transactionId = newTransactionId()
    await settle(app.deps, { transaction: paidReport(payment, { transaction_id: transactionId }), source: 'NOTICE' })
    const refunded = paidReport(payment, { transaction_id: transactionId, trade_state: 'REFUND' })

    const outcomes = [
      await settle(app.deps, { transaction: refunded, source: 'BILL' }),
      await settle(app.deps, { transaction: refunded, source: 'BILL' }),
    ]

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['MOVED', 'SAME'])
    expect((await paymentOf(app.deps, payment.sn)).heldAt).not.toBeNull()
  })

  test('does not change the amount of a settled transaction', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const transactionId = newTransactionId()
    await settle(app.deps, { transaction: paidReport(payment, { transaction_id: transactionId }), source: 'NOTICE' })
    const change = { transaction_id: transactionId, trade_state: 'REFUND', amount: amountOf(9_007_199_254_740_991) }

    await settle(app.deps, { transaction: paidReport(payment, change), source: 'BILL' })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ paidTotal: 12_800, payerTotal: 12_800 })
  })
})
