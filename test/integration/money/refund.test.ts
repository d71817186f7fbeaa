import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { createRefundLoop } from '../../../src/payment/refund/advance.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { interruptEverywhere } from '../../harness/cut-connection.ts'
import { freshOrder, givenPaid, orderOf, paymentOf, type Tapped, whenOrder } from '../../harness/fixtures.ts'
import {
  endRefund,
  eventsOf,
  givenRefundAsked,
  loseNotices,
  newestRefund,
  refundsOf,
  runRefunds,
} from '../../harness/money.ts'
import { race, whileLocked } from '../../harness/race.ts'
import { snapshotOf } from '../../harness/snapshot.ts'
import { letPass, secondsUntil } from '../../harness/time.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

function ask({ deps }: Pick<TestApp, 'deps'>, { guest, order }: Pick<Tapped, 'guest' | 'order'>, reason?: string) {
  return refundHomestayOrder(deps, { userId: guest.id, sn: order.sn, reason })
}

/** Refunds at WeChat end when the test says so, and their notices are lost. */
function holdRefunds(app: TestApp): void {
  loseNotices(app)
  app.sandbox.faults.add({ endpoint: 'refund', kind: 'ends-never' })
}

describe('a guest’s refund', () => {
  test('commits the refund, its number and its body together with the order, before WeChat is called', async ({
    app,
  }) => {
    const { order, payment, refund } = await givenRefundAsked(app)
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'REFUNDING' })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDING' })
    expect(refund).toMatchObject({
      status: 'REQUESTED',
      cause: 'GUEST',
      refundTotal: 12_800,
      attempt: 1,
      advanceCount: 0,
    })
    expect(JSON.parse(refund.body ?? '')).toEqual({
      transaction_id: payment.transactionId,
      out_refund_no: refund.outRefundNo,
      reason: '用户申请退款',
      notify_url: payment.notifyUrl,
      amount: { refund: 12_800, total: 12_800, currency: 'CNY' },
    })
    expect(app.sandbox.ledger.refunds.size).toBe(0)
  })

  test('ends with the money back, the order refunded and the guest told', async ({ app }) => {
    const { order, payment } = await givenRefundAsked(app)
    await app.startWorkers()
    await whenOrder(app.deps, order.sn, 'REFUNDED')
    // WeChat's words for what it was before don't stand beside what it has become.
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({
      status: 'REFUNDED',
      refundedTotal: 12_800,
      tradeState: 'REFUND',
      tradeStateDesc: null,
    })
    const told = () => JSON.stringify(app.sandbox.messages('o_guest'))
    await expect.poll(told).toContain(order.sn)
  })

  test('shows a long reason cut to 80 bytes on a character’s edge', async ({ app }) => {
    const { refund } = await givenRefundAsked(app, '行程有变，'.repeat(12))
    expect(Buffer.byteLength(refund.reason)).toBeLessThanOrEqual(80)
    expect(refund.reason.startsWith('行程有变，')).toBe(true)
    expect(refund.reason).not.toContain('\uFFFD')
    expect(JSON.parse(refund.body ?? '')).toMatchObject({ reason: refund.reason })
  })

  test('asked for twice, also at once, is one refund', async ({ app }) => {
    const paid = await givenPaid(app)
    const lock = { table: 'homestay_order', key: paid.order.sn } as const
    const ends = await race<unknown>(app, lock, [() => ask(app, paid), () => ask(app, paid), () => ask(app, paid)])
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    expect(await refundsOf(app.deps, paid.payment.sn)).toHaveLength(1)
  })

  test('is opened whole or not at all by a process that dies at any statement', async ({ app }) => {
    const interruptions = await interruptEverywhere(app, {
      given: async () => givenPaid(app, await freshOrder(app)),
      run: async (deps, paid) => {
        await ask({ deps }, paid)
        await ask({ deps }, paid)
      },
      end: ({ order }) => snapshotOf(app.deps, order.sn),
    })
    expect(interruptions).toBeGreaterThan(10)
  })

  test('is refused from 00:00 Shanghai of the first day, by the database’s clock', async ({ app }) => {
    const paid = await givenPaid(app)
    const startsOn = (days: number) => app.deps.db.$executeRaw`
      UPDATE homestay_order SET "liveStartDate" = (now() AT TIME ZONE 'Asia/Shanghai')::date + ${days}::int,
        "liveEndDate" = (now() AT TIME ZONE 'Asia/Shanghai')::date + 5`
    await startsOn(0)
    await expect(ask(app, paid)).rejects.toMatchObject({ code: 'ORDER_NOT_REFUNDABLE', tradeState: 'WAIT_USE' })
    await startsOn(1)
    await ask(app, paid)
  })

  test('waits for a mark that is being set, and is refused', async ({ app }) => {
    const paid = await givenPaid(app)
    const { sn } = paid.payment
    const mark = async () => void (await app.deps.db.payment.update({ where: { sn }, data: { heldAt: new Date() } }))
    const ended = await race(app, { table: 'payment', key: sn }, [mark, () => ask(app, paid)])
    expect(ended).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'ORDER_NOT_REFUNDABLE', tradeState: 'WAIT_USE' } },
    ])
    expect(await refundsOf(app.deps, sn)).toEqual([])
  })

  test('is refused to a stranger, for an unpaid order, and with a reason that is no text', async ({ app }) => {
    const paid = await givenPaid(app)
    const stranger = { ...paid, guest: { ...paid.guest, id: 'somebody' } }
    await expect(ask(app, stranger)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(ask(app, paid, '字'.repeat(201))).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await expect(ask(app, paid, 'a\u0000b')).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  })
})

describe('a refund call', () => {
  test('is repeated byte for byte under its number, slower and slower up to hourly, for ever', async ({ app }) => {
    const { refund } = await givenRefundAsked(app)
    app.sandbox.faults.add({ endpoint: 'refund', kind: 'reset-before' })
    const wire = await openWechatProxy(app, { totalMs: 100 })
    const pauses: number[] = []
    for (let round = 0; round < 13; round++) {
      await runRefunds(wire.deps)
      const { nextAdvanceAt } = await newestRefund(app.deps, refund.paymentSn)
      pauses.push(Math.ceil(await secondsUntil(app, nextAdvanceAt)))
    }
    await wire.close()

    const bodies = new Set(wire.exchanges.map(({ body }) => body))
    expect([...bodies]).toEqual([refund.body])
    expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600])
    expect(await refundsOf(app.deps, refund.paymentSn)).toHaveLength(1)
  })

  const lost = [
    'timeout-before',
    'timeout-after',
    'system-error',
    'system-error-after',
    'rate-limited',
    'rate-limited-after',
    'wrong-signature',
  ] as const
  for (const kind of lost) {
    test(`whose answer is lost (${kind}) is repeated, and refunds once`, async ({ app }) => {
      const { payment, refund, order } = await givenRefundAsked(app)
      holdRefunds(app)
      app.sandbox.faults.clear('refund')
      app.sandbox.faults.add({ endpoint: 'refund', kind, times: 5 })
      const wire = await openWechatProxy(app, { totalMs: 150 })
      await runRefunds(wire.deps)
      await wire.close()
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

  test('that was refused with 429 and accepted all the same ends as one refund, without a notice', async ({ app }) => {
    const { payment, refund, order } = await givenRefundAsked(app)
    loseNotices(app)
    app.sandbox.faults.add({ endpoint: 'refund', kind: 'rate-limited-after', times: 1 })
    await app.startWorkers()

    await whenOrder(app.deps, order.sn, 'REFUNDED')
    expect(app.sandbox.faults.list().filter(({ endpoint }) => endpoint === 'refund')).toEqual([])
    expect(app.sandbox.ledger.orders.get(payment.sn)?.outRefundNos).toEqual([refund.outRefundNo])
    expect(await refundsOf(app.deps, payment.sn)).toMatchObject([{ status: 'SUCCESS', attempt: 1 }])
  })

  test('that was accepted is asked about until it ends', async ({ app }) => {
    const { payment, refund } = await givenRefundAsked(app)
    holdRefunds(app)
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

  test('is left to the worker that is making it', async ({ app }) => {
    const { refund } = await givenRefundAsked(app)
    holdRefunds(app)
    const wire = await openWechatProxy(app, { totalMs: 5_000 })
    const held = wire.hold('/refunds')
    const first = createRefundLoop(wire.deps)()
    await held.answered

    await createRefundLoop(wire.deps)()
    held.letGo()
    await first

    await wire.close()
    expect(wire.exchanges.map(({ body }) => body)).toEqual([refund.body])
  })

  test('is left to the worker that is taking it, without waiting for that', async ({ app }) => {
    const { refund } = await givenRefundAsked(app)
    await whileLocked(app, { table: 'refund', key: refund.outRefundNo }, async () => {
      await createRefundLoop(app.deps)()
      return () => Promise.resolve()
    })
    expect(await newestRefund(app.deps, refund.paymentSn)).toMatchObject({ status: 'REQUESTED', advanceCount: 0 })
  })
})

describe('a guest’s refund that WeChat closes', () => {
  test('gives the order back, and a new one may be asked for under a new number', async ({ app }) => {
    const paid = await givenRefundAsked(app)
    holdRefunds(app)
    await runRefunds(app.deps)
    await endRefund(app, paid.refund.outRefundNo, 'CLOSED')
    await applyToOrder(app.deps, { paymentSn: paid.payment.sn })
    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
    expect(await paymentOf(app.deps, paid.payment.sn)).toMatchObject({ status: 'SUCCESS', heldAt: null })

    await ask(app, paid)

    const again = await newestRefund(app.deps, paid.payment.sn)
    expect(again).toMatchObject({ status: 'REQUESTED', attempt: 2 })
    expect(again.outRefundNo).not.toBe(paid.refund.outRefundNo)
    // WeChat wants a minute between two refunds of one order.
    expect(await secondsUntil(app, again.nextAdvanceAt)).toBeGreaterThan(55)
    await letPass(app, 61)
    await createRefundLoop(app.deps)()
    await endRefund(app, again.outRefundNo, 'SUCCESS')
    await applyToOrder(app.deps, { paymentSn: paid.payment.sn })
    expect((await snapshotOf(app.deps, paid.order.sn)).order).toBe('REFUNDED')
  })
})
