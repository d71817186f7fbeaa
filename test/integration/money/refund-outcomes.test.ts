import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { createRefundLoop, retryAbnormalRefund } from '../../../src/payment/refund/advance.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { orderOf, paymentOf } from '../../harness/fixtures.ts'
import {
  endRefund,
  givenRequestedRefund,
  givenUnapplied,
  newestRefund,
  refundsOf,
  runRefunds,
} from '../../harness/money.ts'
import { race } from '../../harness/race.ts'
import { silenceWechat } from '../../harness/states.ts'
import { letPass, secondsUntil } from '../../harness/time.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

describe('the refund of an unapplied payment, closed by WeChat', () => {
  test('opens a new refund whenever WeChat closes one, after growing pauses, and alerts from the third on', async ({
    app,
  }) => {
    const { payment } = await givenUnapplied(app)
    silenceWechat(app)
    const { deps, alarms } = withAlerts(app.deps)
    const pauses: number[] = []
    const alertsAfter: number[] = []
    for (let round = 0; round < 5; round++) {
      const { outRefundNo } = await newestRefund(deps, payment.sn)
      await runRefunds(deps)
      await endRefund(app, outRefundNo, 'CLOSED')
      await applyToOrder(deps, { paymentSn: payment.sn })
      pauses.push(Math.round((await secondsUntil(app, (await newestRefund(deps, payment.sn)).nextAdvanceAt)) / 60))
      alertsAfter.push(alarms.length)
    }

    const refunds = await refundsOf(deps, payment.sn)
    expect(refunds.map(({ status, attempt }) => `${attempt} ${status}`)).toEqual([
      '1 CLOSED',
      '2 CLOSED',
      '3 CLOSED',
      '4 CLOSED',
      '5 CLOSED',
      '6 REQUESTED',
    ])
    expect(new Set(refunds.map(({ outRefundNo }) => outRefundNo)).size).toBe(6)
    expect(pauses).toEqual([1, 2, 4, 8, 16])
    expect(alertsAfter).toEqual([0, 1, 2, 3, 4])
    expect(await paymentOf(deps, payment.sn)).toMatchObject({ status: 'REFUNDING', refundedTotal: 0 })
  })

  test('opens one new refund when the closed one is applied by three at once', async ({ app }) => {
    const { order, payment, refund } = await givenUnapplied(app)
    silenceWechat(app)
    await runRefunds(app.deps)
    await endRefund(app, refund.outRefundNo, 'CLOSED')
    const apply = () => applyToOrder(app.deps, { paymentSn: payment.sn })
    const ends = await race(app, { table: 'homestay_order', key: order.sn }, [apply, apply, apply])
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    expect(await refundsOf(app.deps, payment.sn)).toHaveLength(2)
  })

  test('does not send the new refund to WeChat before its pause is over', async ({ app }) => {
    const { payment, refund } = await givenUnapplied(app)
    silenceWechat(app)
    await runRefunds(app.deps)
    await endRefund(app, refund.outRefundNo, 'CLOSED')
    await applyToOrder(app.deps, { paymentSn: payment.sn })

    await createRefundLoop(app.deps)()
    expect(app.sandbox.ledger.refunds.size).toBe(1)
    await letPass(app, 61)
    await createRefundLoop(app.deps)()
    expect(app.sandbox.ledger.refunds.size).toBe(2)
  })
})

describe('an ABNORMAL refund', () => {
  test('keeps querying an ABNORMAL refund, raises an alert, and leaves the order REFUNDING', async ({ app }) => {
    const { payment, refund, order } = await givenRequestedRefund(app)
    silenceWechat(app)
    const { deps, alarms } = withAlerts(app.deps)
    await runRefunds(deps)
    app.sandbox.endRefund(refund.outRefundNo, 'ABNORMAL')

    await runRefunds(deps)
    await runRefunds(deps)

    expect(alarms).toEqual(['refund'])
    expect(await newestRefund(deps, payment.sn)).toMatchObject({ status: 'ABNORMAL', nextAdvanceAt: expect.any(Date) })
    await applyToOrder(deps, { paymentSn: payment.sn })
    expect(await orderOf(deps, order.sn)).toMatchObject({ tradeState: 'REFUNDING' })
  })

  test.for([
    ['the merchant’s account', undefined],
    ['another card of the guest', { bankType: 'ICBC', account: '6222020000000000', realName: '张三' }],
  ] as const)('an operator retries an ABNORMAL refund to %s, which completes it', async ([, card], { app }) => {
    const { payment, refund, order } = await givenRequestedRefund(app)
    silenceWechat(app)
    await runRefunds(app.deps)
    await endRefund(app, refund.outRefundNo, 'ABNORMAL')

    const proxy = await openWechatProxy(app)
    expect(await retryAbnormalRefund(proxy.deps, { outRefundNo: refund.outRefundNo, card })).toBe('MOVED')
    await proxy.close()
    expect(proxy.exchanges[0]?.body).not.toMatch(/6222|张三/)
    expect(await newestRefund(app.deps, payment.sn)).toMatchObject({ status: 'PROCESSING' })
    await endRefund(app, refund.outRefundNo, 'SUCCESS').catch(() => runRefunds(app.deps))

    await applyToOrder(app.deps, { paymentSn: payment.sn })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'REFUNDED' })
    expect(await refundsOf(app.deps, payment.sn)).toHaveLength(1)
  })

  test('refuses to retry a refund that WeChat has not accepted yet', async ({ app }) => {
    const { refund } = await givenRequestedRefund(app)
    const text = { en: expect.stringContaining('wait for it') }
    await expect(retryAbnormalRefund(app.deps, { outRefundNo: refund.outRefundNo })).rejects.toMatchObject({
      fields: [{ path: refund.outRefundNo, text }],
    })
  })
})

describe('a refund call that WeChat refuses', () => {
  for (const code of ['NOT_ENOUGH', 'USER_ACCOUNT_ABNORMAL', 'NO_AUTH', 'INVALID_REQUEST', 'PARAM_ERROR'] as const) {
    test(`repeats a refund refused with ${code} under its number and body, with alerts, until WeChat accepts it`, async ({
      app,
    }) => {
      const { payment, refund } = await givenRequestedRefund(app)
      silenceWechat(app)
      app.sandbox.faults.clear('refund')
      app.sandbox.faults.add({ endpoint: 'refund', kind: 'error', code, times: 3 })
      const { deps, alarms } = withAlerts(app.deps)

      for (let round = 0; round < 3; round++) await runRefunds(deps)
      const refused = await newestRefund(deps, payment.sn)
      expect(refused).toMatchObject({ status: 'REQUESTED', outRefundNo: refund.outRefundNo, body: refund.body })
      expect(refused.lastAnswer).toContain(code)
      expect(alarms).toEqual(['refund', 'refund', 'refund'])

      await runRefunds(deps)
      expect(app.sandbox.ledger.refunds.get(refund.outRefundNo)).toMatchObject({ refundFen: 12_800 })
    })
  }

  test('finds a refused refund by its number when an earlier call was accepted without an answer', async ({ app }) => {
    const { payment } = await givenRequestedRefund(app)
    silenceWechat(app)
    app.sandbox.faults.clear('refund')
    app.sandbox.faults.add({ endpoint: 'refund', kind: 'system-error-after', times: 3 })
    await runRefunds(app.deps)
    expect(await newestRefund(app.deps, payment.sn)).toMatchObject({ status: 'REQUESTED' })

    app.sandbox.faults.add({ endpoint: 'refund', kind: 'error', code: 'INVALID_REQUEST' })
    await runRefunds(app.deps)

    expect((await newestRefund(app.deps, payment.sn)).refundId).not.toBeNull()
  })
})
