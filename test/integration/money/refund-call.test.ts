import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { createRefundLoop } from '../../../src/payment/refund/advance.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { orderOf, paymentOf, whenOrder } from '../../harness/fixtures.ts'
import {
  eventsOf,
  givenRequestedRefund,
  loseNotices,
  newestRefund,
  refundsOf,
  runRefunds,
} from '../../harness/money.ts'
import { whileLocked } from '../../harness/race.ts'
import { silenceWechat } from '../../harness/states.ts'
import { expectAhead, timed } from '../../harness/time.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

describe('a refund call', () => {
  test('repeats an unanswered refund call byte for byte under its number, less and less often, down to hourly', async ({
    app,
  }) => {
    const { refund } = await givenRequestedRefund(app)
    app.sandbox.faults.add({ endpoint: 'refund', kind: 'reset-before' })
    const proxy = await openWechatProxy(app)
    for (const seconds of [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]) {
      const span = await timed(app, () => runRefunds(proxy.deps))
      expectAhead((await newestRefund(app.deps, refund.paymentSn)).nextAdvanceAt, seconds, span)
    }
    await proxy.close()

    const bodies = new Set(proxy.exchanges.map(({ body }) => body))
    expect([...bodies]).toEqual([refund.body])
    expect(await refundsOf(app.deps, refund.paymentSn)).toHaveLength(1)
  })

  const noUsableAnswer = [
    'timeout-before',
    'timeout-after',
    'system-error',
    'system-error-after',
    'rate-limited',
    'rate-limited-after',
    'wrong-signature',
  ] as const
  for (const kind of noUsableAnswer) {
    test(`repeats a refund call without a usable answer (${kind}), and refunds once`, async ({ app }) => {
      const { payment, refund, order } = await givenRequestedRefund(app)
      silenceWechat(app)
      app.sandbox.faults.clear('refund')
      app.sandbox.faults.add({ endpoint: 'refund', kind, times: 5 })
      const proxy = await openWechatProxy(app)
      await runRefunds(proxy.depsMeeting(kind))
      await proxy.close()
      expect(await newestRefund(app.deps, payment.sn)).toMatchObject({
        status: 'REQUESTED',
        lastAnswer: expect.any(String),
      })

      app.sandbox.faults.clear('refund')
      await runRefunds(app.deps)
      await expect.poll(() => app.sandbox.ledger.refunds.get(refund.outRefundNo)?.status).toBe('SUCCESS')
      await runRefunds(app.deps)

      expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDED' })
      expect(app.sandbox.ledger.orders.get(payment.sn)?.outRefundNos).toEqual([refund.outRefundNo])
      await applyToOrder(app.deps, { paymentSn: payment.sn })
      expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'REFUNDED' })
    })
  }

  test('makes one refund of a call that WeChat accepted but answered with 429, without a notice', async ({ app }) => {
    const { payment, refund, order } = await givenRequestedRefund(app)
    loseNotices(app)
    app.sandbox.faults.add({ endpoint: 'refund', kind: 'rate-limited-after', times: 1 })
    await app.startWorkers()

    await whenOrder(app.deps, order.sn, 'REFUNDED')
    expect(app.sandbox.faults.list().filter(({ endpoint }) => endpoint === 'refund')).toEqual([])
    expect(app.sandbox.ledger.orders.get(payment.sn)?.outRefundNos).toEqual([refund.outRefundNo])
    expect(await refundsOf(app.deps, payment.sn)).toMatchObject([{ status: 'SUCCESS', attempt: 1 }])
  })

  test('queries an accepted refund until it ends', async ({ app }) => {
    const { payment, refund } = await givenRequestedRefund(app)
    silenceWechat(app)
    await runRefunds(app.deps)
    expect(await newestRefund(app.deps, payment.sn)).toMatchObject({
      status: 'PROCESSING',
      refundId: expect.any(String),
    })
    await runRefunds(app.deps)
    expect(await newestRefund(app.deps, payment.sn)).toMatchObject({ status: 'PROCESSING' })

    app.sandbox.endRefund(refund.outRefundNo, 'SUCCESS')
    await runRefunds(app.deps)

    expect(await newestRefund(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', nextAdvanceAt: null })
    expect(await eventsOf(app.deps, payment.sn)).toContain('REFUNDED by QUERY')
  })

  test('does not send a refund that another worker is sending', async ({ app }) => {
    const { refund } = await givenRequestedRefund(app)
    silenceWechat(app)
    const proxy = await openWechatProxy(app)
    const held = proxy.hold('/refunds')
    const first = createRefundLoop(proxy.deps)()
    await held.answered

    await createRefundLoop(proxy.deps)()
    held.release()
    await first

    await proxy.close()
    expect(proxy.exchanges.map(({ body }) => body)).toEqual([refund.body])
  })

  test('skips a refund that another worker has locked, without waiting for it', async ({ app }) => {
    const { refund } = await givenRequestedRefund(app)
    await whileLocked(app, { table: 'refund', key: refund.outRefundNo }, async () => {
      await createRefundLoop(app.deps)()
      return () => Promise.resolve()
    })
    expect(await newestRefund(app.deps, refund.paymentSn)).toMatchObject({ status: 'REQUESTED', advanceCount: 0 })
  })
})
