import { expireOrders } from '../../../src/order/expire.ts'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { createRefundLoop } from '../../../src/payment/refund/advance.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { interruptEverywhere } from '../../harness/cut-connection.ts'
import { freshOrder, givenPaid, orderOf, paymentOf, type Tapped, whenOrder } from '../../harness/fixtures.ts'
import { endRefund, givenRequestedRefund, newestRefund, refundsOf, runRefunds, summaryOf } from '../../harness/money.ts'
import { race } from '../../harness/race.ts'
import { snapshotOf } from '../../harness/snapshot.ts'
import { silenceWechat } from '../../harness/states.ts'
import { expectAhead, letPass, timed } from '../../harness/time.ts'

function requestRefund(
  { deps }: Pick<TestApp, 'deps'>,
  { guest, order }: Pick<Tapped, 'guest' | 'order'>,
  reason?: string,
) {
  return refundHomestayOrder(deps, { userId: guest.id, sn: order.sn, reason })
}

/** The first day has begun, and the guest may not ask for a refund any more; the day of leaving is today. */
function stayBegan({ deps }: Pick<TestApp, 'deps'>, { order }: Pick<Tapped, 'order'>) {
  return deps.db.$executeRaw`
    UPDATE homestay_order SET "liveStartDate" = (now() AT TIME ZONE 'Asia/Shanghai')::date - 1,
      "liveEndDate" = (now() AT TIME ZONE 'Asia/Shanghai')::date WHERE sn = ${order.sn}`
}

describe('a guest’s refund', () => {
  test('commits a guest’s refund with its number, its body and the order’s state before WeChat is called', async ({
    app,
  }) => {
    const { order, payment, refund } = await givenRequestedRefund(app)
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

  test('completes a guest’s refund: the payment and the order are REFUNDED, and the guest gets a message', async ({
    app,
  }) => {
    const { order, payment } = await givenRequestedRefund(app)
    await app.startWorkers()
    await whenOrder(app.deps, order.sn, 'REFUNDED')
    // WeChat's description of the earlier trade_state is gone.
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({
      status: 'REFUNDED',
      refundedTotal: 12_800,
      tradeState: 'REFUND',
      tradeStateDesc: null,
    })
    const messages = () => JSON.stringify(app.sandbox.messages('o_guest'))
    await expect.poll(messages).toContain(order.sn)
  })

  test('cuts a long refund reason to 80 bytes without splitting a character', async ({ app }) => {
    const { refund } = await givenRequestedRefund(app, '行程有变，'.repeat(12))
    expect(Buffer.byteLength(refund.reason)).toBeLessThanOrEqual(80)
    expect(refund.reason.startsWith('行程有变，')).toBe(true)
    expect(refund.reason).not.toContain('\uFFFD')
    expect(JSON.parse(refund.body ?? '')).toMatchObject({ reason: refund.reason })
  })

  test('opens one refund for three requests at once', async ({ app }) => {
    const paid = await givenPaid(app)
    const lock = { table: 'homestay_order', key: paid.order.sn } as const
    const ends = await race<unknown>(app, lock, [
      () => requestRefund(app, paid),
      () => requestRefund(app, paid),
      () => requestRefund(app, paid),
    ])
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    expect(await refundsOf(app.deps, paid.payment.sn)).toHaveLength(1)
  })

  test('opens a guest’s refund wholly or not at all when interrupted at any statement', async ({ app }) => {
    const interruptions = await interruptEverywhere(app, {
      given: async () => givenPaid(app, await freshOrder(app)),
      run: async (deps, paid) => {
        await requestRefund({ deps }, paid)
        await requestRefund({ deps }, paid)
      },
      end: ({ order }) => snapshotOf(app.deps, order.sn),
    })
    expect(interruptions).toBeGreaterThan(10)
  })

  test('refuses a guest’s refund from 00:00 in Shanghai of the first day, by the database’s clock', async ({ app }) => {
    const paid = await givenPaid(app)
    const startsOn = (days: number) => app.deps.db.$executeRaw`
      UPDATE homestay_order SET "liveStartDate" = (now() AT TIME ZONE 'Asia/Shanghai')::date + ${days}::int,
        "liveEndDate" = (now() AT TIME ZONE 'Asia/Shanghai')::date + 5`
    await startsOn(0)
    await expect(requestRefund(app, paid)).rejects.toMatchObject({
      code: 'ORDER_NOT_REFUNDABLE',
      tradeState: 'WAIT_USE',
    })
    await startsOn(1)
    await requestRefund(app, paid)
  })

  test('refuses a guest’s refund that waited for the lock while the payment went on hold', async ({ app }) => {
    const paid = await givenPaid(app)
    const { sn } = paid.payment
    const hold = async () => void (await app.deps.db.payment.update({ where: { sn }, data: { heldAt: new Date() } }))
    const ended = await race(app, { table: 'payment', key: sn }, [hold, () => requestRefund(app, paid)])
    expect(ended).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'ORDER_NOT_REFUNDABLE', tradeState: 'WAIT_USE' } },
    ])
    expect(await refundsOf(app.deps, sn)).toEqual([])
  })

  test('refuses a refund to a stranger, and one with a reason that is too long or has a NUL', async ({ app }) => {
    const paid = await givenPaid(app)
    const stranger = { ...paid, guest: { ...paid.guest, id: 'somebody' } }
    await expect(requestRefund(app, stranger)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(requestRefund(app, paid, '字'.repeat(201))).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await expect(requestRefund(app, paid, 'a\u0000b')).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  })
})

describe('a guest’s refund that WeChat closes', () => {
  test('returns the order to WAIT_USE when WeChat closes a guest’s refund; the next one gets a new number', async ({
    app,
  }) => {
    const paid = await givenRequestedRefund(app)
    silenceWechat(app)
    await runRefunds(app.deps)
    await endRefund(app, paid.refund.outRefundNo, 'CLOSED')
    await applyToOrder(app.deps, { paymentSn: paid.payment.sn })
    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
    expect(await paymentOf(app.deps, paid.payment.sn)).toMatchObject({ status: 'SUCCESS', heldAt: null })

    const span = await timed(app, () => requestRefund(app, paid))

    const again = await newestRefund(app.deps, paid.payment.sn)
    expect(again).toMatchObject({ status: 'REQUESTED', attempt: 2 })
    expect(again.outRefundNo).not.toBe(paid.refund.outRefundNo)
    // WeChat wants a minute between two refunds of one order.
    expectAhead(again.nextAdvanceAt, 60, span)
    await letPass(app, 61)
    await createRefundLoop(app.deps)()
    await endRefund(app, again.outRefundNo, 'SUCCESS')
    await applyToOrder(app.deps, { paymentSn: paid.payment.sn })
    expect((await snapshotOf(app.deps, paid.order.sn)).order).toBe('REFUNDED')
  })

  test('is opened anew when WeChat closes it once the guest can’t ask again, and never ends as a stay that is over', async ({
    app,
  }) => {
    const paid = await givenRequestedRefund(app)
    silenceWechat(app)
    await runRefunds(app.deps)
    await stayBegan(app, paid)
    const { deps } = app

    await endRefund(app, paid.refund.outRefundNo, 'CLOSED')
    const apply = () => applyToOrder(deps, { paymentSn: paid.payment.sn })
    await race(app, { table: 'homestay_order', key: paid.order.sn }, [apply, apply])

    await expireOrders(deps)
    expect(await summaryOf(deps, paid.payment.sn)).toEqual(['GUEST CLOSED 12800', 'UNAPPLIED REQUESTED 12800'])
    expect(await orderOf(deps, paid.order.sn)).toMatchObject({ tradeState: 'REFUNDING' })
    const again = await newestRefund(deps, paid.payment.sn)
    expect(again).toMatchObject({ status: 'REQUESTED', refundTotal: 12_800, attempt: 2 })
    expect(again.outRefundNo).not.toBe(paid.refund.outRefundNo)

    await letPass(app, 61)
    await createRefundLoop(deps)()
    await endRefund(app, again.outRefundNo, 'SUCCESS')
    await applyToOrder(deps, { paymentSn: paid.payment.sn })
    expect((await snapshotOf(deps, paid.order.sn)).order).toBe('REFUNDED')
  })
})
