import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { cancelUnpaid } from '../../../src/payment/attempt/close.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { interruptEverywhere } from '../../harness/cut-connection.ts'
import {
  type Booked,
  freshTapped,
  givenOrder,
  givenTapped,
  orderOf,
  paymentOf,
  payOnPhone,
  tap,
  whenPayment,
} from '../../harness/fixtures.ts'
import { eventsOf, loseNotices } from '../../harness/money.ts'
import { race } from '../../harness/race.ts'
import { snapshotOf } from '../../harness/snapshot.ts'
import { letPass } from '../../harness/time.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

function cancel({ deps }: Pick<TestApp, 'deps'>, { guest, order }: Pick<Booked, 'guest' | 'order'>): Promise<unknown> {
  return cancelHomestayOrder(deps, { userId: guest.id, sn: order.sn })
}

function codes(results: PromiseSettledResult<unknown>[]): string[] {
  return results.map((result) =>
    result.status === 'fulfilled' ? 'done' : ((result.reason as { code?: string }).code ?? String(result.reason)),
  )
}

/** Nobody can pay what was cancelled. */
async function expectCancelled({ deps, sandbox }: TestApp, orderSn: string): Promise<void> {
  expect(await orderOf(deps, orderSn)).toMatchObject({ tradeState: 'CANCELLED', paidBySn: null })
  for (const { sn, status } of await deps.db.payment.findMany({ where: { orderSn } })) {
    expect(status).toBe('CLOSED')
    expect(sandbox.ledger.orders.get(sn)?.state ?? 'CLOSED').toBe('CLOSED')
  }
}

describe('a close and a tap, both waiting for the order', () => {
  test('the close is first: there is nothing to pay', async ({ app }) => {
    const tapped = await givenTapped(app)
    const ends = await race<unknown>(app, { table: 'homestay_order', key: tapped.order.sn }, [
      () => cancel(app, tapped),
      () => tap(app.deps, tapped),
    ])
    expect(codes(ends)).toEqual(['done', 'ORDER_NOT_PAYABLE'])
    await expectCancelled(app, tapped.order.sn)
  })

  test('the tap is first: its parameters pay a number that is closed', async ({ app }) => {
    const tapped = await givenTapped(app)
    const ends = await race<unknown>(app, { table: 'homestay_order', key: tapped.order.sn }, [
      () => tap(app.deps, tapped),
      () => cancel(app, tapped),
    ])
    expect(codes(ends)[1]).toBe('done')
    await expectCancelled(app, tapped.order.sn)
    await expect(payOnPhone(app, tapped.params)).rejects.toThrow('ORDER_CLOSED')
  })

  test('the close saw no attempt, and the first tap comes after it', async ({ app }) => {
    const booked = await givenOrder(app)
    const ends = await race<unknown>(app, { table: 'homestay_order', key: booked.order.sn }, [
      () => cancel(app, booked),
      () => tap(app.deps, booked),
    ])
    expect(codes(ends)).toEqual(['done', 'ORDER_NOT_PAYABLE'])
    expect(await app.deps.db.payment.count()).toBe(0)
  })

  test('the close saw no attempt, and the first tap is faster: the close starts again', async ({ app }) => {
    const booked = await givenOrder(app)
    const ends = await race<unknown>(app, { table: 'homestay_order', key: booked.order.sn }, [
      () => tap(app.deps, booked),
      () => cancel(app, booked),
    ])
    // Until WeChat has the number, the close can't be certain.
    if (codes(ends)[1] === 'WECHAT_UNAVAILABLE') await cancel(app, booked)
    await expectCancelled(app, booked.order.sn)
  })
})

describe('a close while a prepay is under way', () => {
  test('closes the number; the prepay’s answer comes to nothing', async ({ app }) => {
    const booked = await givenOrder(app)
    const wire = await openWechatProxy(app, { totalMs: 5_000 })
    const held = wire.hold('/jsapi')
    const tapping = tap(wire.deps, booked)
    await held.answered

    await cancel(app, booked)
    held.letGo()

    await expect(tapping).rejects.toMatchObject({ code: 'ORDER_NOT_PAYABLE' })
    await wire.close()
    await expectCancelled(app, booked.order.sn)
  })

  test('starts again when the prepay came through after WeChat said that it knows no such number', async ({ app }) => {
    const booked = await givenOrder(app)
    app.sandbox.faults.add({ endpoint: 'prepay', kind: 'error', code: 'RULE_LIMIT', times: 1 })
    await expect(tap(app.deps, booked)).rejects.toThrow('RULE_LIMIT')
    await letPass(app, 120)
    const { sn, mchid } = await app.deps.db.payment.findFirstOrThrow({ where: { orderSn: booked.order.sn } })
    const wire = await openWechatProxy(app, { totalMs: 5_000 })
    const held = wire.hold(`${sn}?mchid=${mchid}`)
    const cancelling = cancel(wire, booked)
    await held.answered

    const params = await tap(app.deps, booked)
    held.letGo()
    await cancelling

    await wire.close()
    await expectCancelled(app, booked.order.sn)
    await expect(payOnPhone(app, params)).rejects.toThrow('ORDER_CLOSED')
  })

  test('that it was faster than opens the number at WeChat again, and closes it', async ({ app }) => {
    const booked = await givenOrder(app)
    app.sandbox.faults.add({ endpoint: 'prepay', kind: 'error', code: 'RULE_LIMIT', times: 1 })
    await expect(tap(app.deps, booked)).rejects.toThrow('RULE_LIMIT')
    await letPass(app, 120)
    const wire = await openWechatProxy(app, { totalMs: 5_000 })
    const held = wire.hold('/jsapi')
    const { sn } = await app.deps.db.payment.findFirstOrThrow({ where: { orderSn: booked.order.sn } })
    app.sandbox.faults.add({ endpoint: 'query', kind: 'error', code: 'ORDER_NOT_EXIST', times: 1, match: sn })
    const tapping = tap(wire.deps, booked)
    await held.answered

    await cancel(app, booked)
    expect(app.sandbox.ledger.orders.get(sn)?.state).toBe('NOTPAY')
    held.letGo()

    await expect(tapping).rejects.toMatchObject({ code: 'ORDER_NOT_PAYABLE' })
    await wire.close()
    await expectCancelled(app, booked.order.sn)
  })
})

describe('a close and other ends', () => {
  test('money that comes after the last question, and before the commit, pays the order', async ({ app }) => {
    const tapped = await givenTapped(app)
    loseNotices(app)
    const wire = await openWechatProxy(app, { totalMs: 5_000 })
    const closed = wire.hold('/close')
    const cancelling = cancel(wire, tapped)
    await closed.answered
    const asked = wire.hold(`${tapped.payment.sn}?mchid=${tapped.payment.mchid}`)
    closed.letGo()
    await asked.answered
    app.sandbox.payLate(tapped.payment.sn)
    await app.sandbox.sendNotice(tapped.payment.sn)
    await whenPayment(app.deps, tapped.payment.sn, 'SUCCESS')
    asked.letGo()

    await expect(cancelling).rejects.toMatchObject({ code: 'ORDER_NOT_CANCELLABLE', tradeState: 'WAIT_USE' })
    await wire.close()
  })

  test('the guest’s close and the one by time, at once, close once', async ({ app }) => {
    const tapped = await givenTapped(app)
    const ends = await race<unknown>(app, { table: 'payment', key: tapped.payment.sn }, [
      () => cancel(app, tapped),
      () => cancelUnpaid(app.deps, { serviceType: 'HOMESTAY_ORDER', orderSn: tapped.order.sn }),
      () => cancel(app, tapped),
    ])
    expect(codes(ends)).toEqual(['done', 'done', 'done'])
    expect(await eventsOf(app.deps, tapped.payment.sn)).toEqual(['PENDING by WX_PAY', 'CLOSED by CLOSE'])
    await expectCancelled(app, tapped.order.sn)
  })

  test('following money that is there comes before the close: the order is paid', async ({ app }) => {
    const tapped = await givenTapped(app)
    await payOnPhone(app, tapped.params)
    await whenPayment(app.deps, tapped.payment.sn, 'SUCCESS')
    const ends = await race<unknown>(app, { table: 'homestay_order', key: tapped.order.sn }, [
      () => applyToOrder(app.deps, { paymentSn: tapped.payment.sn }),
      () => cancel(app, tapped),
    ])
    expect(codes(ends)).toEqual(['done', 'ORDER_NOT_CANCELLABLE'])
    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
    expect(await paymentOf(app.deps, tapped.payment.sn)).toMatchObject({ status: 'SUCCESS' })
  })

  test('a death at any statement of the close is repaired by the next one', async ({ app }) => {
    const interruptions = await interruptEverywhere(app, {
      given: () => freshTapped(app),
      run: (deps, tapped) => cancel({ deps }, tapped),
      end: async ({ order, payment }) => ({
        ...(await snapshotOf(app.deps, order.sn)),
        atWechat: app.sandbox.ledger.orders.get(payment.sn)?.state,
      }),
    })
    expect(interruptions).toBeGreaterThan(20)
  })
})
