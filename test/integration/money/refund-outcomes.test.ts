import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { createRefundLoop, retryAbnormalRefund } from '../../../src/payment/refund/advance.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { orderOf, paymentOf } from '../../harness/fixtures.ts'
import {
  endRefund,
  givenRefundAsked,
  givenUnapplied,
  loseNotices,
  newestRefund,
  refundsOf,
  runRefunds,
} from '../../harness/money.ts'
import { race } from '../../harness/race.ts'
import { letPass, secondsUntil } from '../../harness/time.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

function holdRefunds(app: TestApp): void {
  loseNotices(app)
  app.sandbox.faults.add({ endpoint: 'refund', kind: 'ends-never' })
}

describe('a refund that the rule demands and WeChat closes', () => {
  test('is opened again under a new number, later and later, with an alarm from the third on', async ({ app }) => {
    const { payment } = await givenUnapplied(app)
    holdRefunds(app)
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

  test('is opened once by however many follow the close', async ({ app }) => {
    const { order, payment, refund } = await givenUnapplied(app)
    holdRefunds(app)
    await runRefunds(app.deps)
    await endRefund(app, refund.outRefundNo, 'CLOSED')
    const follow = () => applyToOrder(app.deps, { paymentSn: payment.sn })
    const ends = await race(app, { table: 'homestay_order', key: order.sn }, [follow, follow, follow])
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    expect(await refundsOf(app.deps, payment.sn)).toHaveLength(2)
  })

  test('is not made before its pause is over', async ({ app }) => {
    const { payment, refund } = await givenUnapplied(app)
    holdRefunds(app)
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

describe('a refund that can not reach the guest', () => {
  test('stays live, is asked about, rings, and holds the order', async ({ app }) => {
    const { payment, refund, order } = await givenRefundAsked(app)
    holdRefunds(app)
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
    ['the merchant’s card', undefined],
    ['another card of the guest’s', { bankType: 'ICBC', account: '6222020000000000', realName: '张三' }],
  ] as const)('goes another way by an operator’s second try: %s', async ([, card], { app }) => {
    const { payment, refund, order } = await givenRefundAsked(app)
    holdRefunds(app)
    await runRefunds(app.deps)
    await endRefund(app, refund.outRefundNo, 'ABNORMAL')

    const wire = await openWechatProxy(app, { totalMs: 5_000 })
    expect(await retryAbnormalRefund(wire.deps, { outRefundNo: refund.outRefundNo, card })).toBe('MOVED')
    await wire.close()
    expect(wire.exchanges[0]?.body).not.toMatch(/6222|张三/)
    expect(await newestRefund(app.deps, payment.sn)).toMatchObject({ status: 'PROCESSING' })
    await endRefund(app, refund.outRefundNo, 'SUCCESS').catch(() => runRefunds(app.deps))

    await applyToOrder(app.deps, { paymentSn: payment.sn })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'REFUNDED' })
    expect(await refundsOf(app.deps, payment.sn)).toHaveLength(1)
  })

  test('can’t be tried again before WeChat has accepted it', async ({ app }) => {
    const { refund } = await givenRefundAsked(app)
    await expect(retryAbnormalRefund(app.deps, { outRefundNo: refund.outRefundNo })).rejects.toThrow('wait for it')
  })
})

describe('a refund that WeChat refuses', () => {
  for (const code of ['NOT_ENOUGH', 'USER_ACCOUNT_ABNORMAL', 'NO_AUTH', 'INVALID_REQUEST', 'PARAM_ERROR'] as const) {
    test(`(${code}) rings, keeps its number and its body, and is made once WeChat takes it`, async ({ app }) => {
      const { payment, refund } = await givenRefundAsked(app)
      holdRefunds(app)
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

  test('though an earlier call, whose answer was lost, was accepted, is found by its number', async ({ app }) => {
    const { payment } = await givenRefundAsked(app)
    holdRefunds(app)
    app.sandbox.faults.clear('refund')
    app.sandbox.faults.add({ endpoint: 'refund', kind: 'system-error-after', times: 3 })
    await runRefunds(app.deps)
    expect(await newestRefund(app.deps, payment.sn)).toMatchObject({ status: 'REQUESTED' })

    app.sandbox.faults.add({ endpoint: 'refund', kind: 'error', code: 'INVALID_REQUEST' })
    await runRefunds(app.deps)

    expect((await newestRefund(app.deps, payment.sn)).refundId).not.toBeNull()
  })
})
