import type { Deps } from '../../../src/deps.ts'
import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { cancelUnpaid } from '../../../src/payment/attempt/close.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { closingCarefully } from '../../harness/careful.ts'
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

/** The order is cancelled, and none of its attempts can be paid. */
async function expectCancelled({ deps, sandbox }: TestApp, orderSn: string): Promise<void> {
  expect(await orderOf(deps, orderSn)).toMatchObject({ tradeState: 'CANCELLED', paidBySn: null })
  for (const { sn, status } of await deps.db.payment.findMany({ where: { orderSn } })) {
    expect(status).toBe('CLOSED')
    expect(sandbox.ledger.orders.get(sn)?.state ?? 'CLOSED').toBe('CLOSED')
  }
}

describe('a cancellation and a tap, both waiting for the order', () => {
  test('refuses a tap that got the lock after a cancellation', async ({ app }) => {
    const tapped = await givenTapped(app)
    const ends = await race<unknown>(app, { table: 'homestay_order', key: tapped.order.sn }, [
      () => cancel(app, tapped),
      () => tap(app.deps, tapped),
    ])
    expect(codes(ends)).toEqual(['done', 'ORDER_NOT_PAYABLE'])
    await expectCancelled(app, tapped.order.sn)
  })

  test('closes the attempt of a tap that got the lock before a cancellation', async ({ app }) => {
    const tapped = await givenTapped(app)
    const ends = await race<unknown>(app, { table: 'homestay_order', key: tapped.order.sn }, [
      () => tap(app.deps, tapped),
      () => cancel(app, tapped),
    ])
    expect(codes(ends)[1]).toBe('done')
    await expectCancelled(app, tapped.order.sn)
    await expect(payOnPhone(app, tapped.params)).rejects.toThrow('ORDER_CLOSED')
  })

  test('refuses the first tap after a cancellation that saw no attempt', async ({ app }) => {
    const booked = await givenOrder(app)
    const ends = await race<unknown>(app, { table: 'homestay_order', key: booked.order.sn }, [
      () => cancel(app, booked),
      () => tap(app.deps, booked),
    ])
    expect(codes(ends)).toEqual(['done', 'ORDER_NOT_PAYABLE'])
    expect(await app.deps.db.payment.count()).toBe(0)
  })

  test('a cancellation that saw no attempt starts again when the first tap is faster', async ({ app }) => {
    const booked = await givenOrder(app)
    const ends = await race<unknown>(app, { table: 'homestay_order', key: booked.order.sn }, [
      () => tap(app.deps, booked),
      () => cancel(app, booked),
    ])
    // While WeChat doesn't have the number yet, the cancellation can't be certain that it is closed.
    if (codes(ends)[1] === 'WECHAT_UNAVAILABLE') await cancel(app, booked)
    await expectCancelled(app, booked.order.sn)
  })
})

describe('a cancellation while a prepay is under way', () => {
  test('cancels an order while its prepay is under way, and gives the tap no parameters', async ({ app }) => {
    const booked = await givenOrder(app)
    const proxy = await openWechatProxy(app)
    const held = proxy.hold('/jsapi')
    const tapping = tap(proxy.deps, booked)
    await held.answered

    await cancel(app, booked)
    held.release()

    await expect(tapping).rejects.toMatchObject({ code: 'ORDER_NOT_PAYABLE' })
    await proxy.close()
    await expectCancelled(app, booked.order.sn)
  })

  test('a cancellation starts again when the prepay succeeds after the query answered ORDER_NOT_EXIST', async ({
    app,
  }) => {
    const booked = await givenOrder(app)
    app.sandbox.faults.add({ endpoint: 'prepay', kind: 'error', code: 'RULE_LIMIT', times: 1 })
    await expect(tap(app.deps, booked)).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE', retryable: false })
    await letPass(app, 120)
    const { sn, mchid } = await app.deps.db.payment.findFirstOrThrow({ where: { orderSn: booked.order.sn } })
    const proxy = await openWechatProxy(app)
    const held = proxy.hold(`${sn}?mchid=${mchid}`)
    const cancelling = cancel(proxy, booked)
    await held.answered

    const params = await tap(app.deps, booked)
    held.release()
    await cancelling

    await proxy.close()
    await expectCancelled(app, booked.order.sn)
    await expect(payOnPhone(app, params)).rejects.toThrow('ORDER_CLOSED')
  })

  test('closes a number at WeChat again when a late prepay reopens it after the cancellation', async ({ app }) => {
    const booked = await givenOrder(app)
    app.sandbox.faults.add({ endpoint: 'prepay', kind: 'error', code: 'RULE_LIMIT', times: 1 })
    await expect(tap(app.deps, booked)).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE', retryable: false })
    await letPass(app, 120)
    const proxy = await openWechatProxy(app)
    const held = proxy.hold('/jsapi')
    const { sn } = await app.deps.db.payment.findFirstOrThrow({ where: { orderSn: booked.order.sn } })
    app.sandbox.faults.add({ endpoint: 'query', kind: 'error', code: 'ORDER_NOT_EXIST', times: 1, match: sn })
    const tapping = tap(proxy.deps, booked)
    await held.answered

    await cancel(app, booked)
    expect(app.sandbox.ledger.orders.get(sn)?.state).toBe('NOTPAY')
    held.release()

    await expect(tapping).rejects.toMatchObject({ code: 'ORDER_NOT_PAYABLE' })
    await proxy.close()
    await expectCancelled(app, booked.order.sn)
  })
})

describe('a cancellation and other changes at once', () => {
  test('pays the order with money that comes after the last query of a cancellation and before its commit', async ({
    app,
  }) => {
    const tapped = await givenTapped(app)
    loseNotices(app)
    const proxy = await openWechatProxy(app)
    const closed = proxy.hold('/close')
    const cancelling = cancel(proxy, tapped)
    await closed.answered
    const lastQuery = proxy.hold(`${tapped.payment.sn}?mchid=${tapped.payment.mchid}`)
    closed.release()
    await lastQuery.answered
    app.sandbox.payLate(tapped.payment.sn)
    await app.sandbox.sendNotice(tapped.payment.sn)
    await whenPayment(app.deps, tapped.payment.sn, 'SUCCESS')
    lastQuery.release()

    await expect(cancelling).rejects.toMatchObject({ code: 'ORDER_NOT_CANCELLABLE', tradeState: 'WAIT_USE' })
    await proxy.close()
  })

  test('closes an attempt once when the guest and the close loop cancel at once', async ({ app }) => {
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

  test('refuses a cancellation when the payment is applied before it', async ({ app }) => {
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

  test.for([
    ['', 6, (deps: Deps) => deps],
    [' that takes the careful way', 16, closingCarefully],
  ] as const)(
    'a cancellation%s, interrupted at any statement, is completed by the next one',
    async ([, atLeast, depsOf], { app }) => {
      const interruptions = await interruptEverywhere(app, {
        given: () => freshTapped(app),
        run: (deps, tapped) => cancel({ deps: depsOf(deps) }, tapped),
        end: async ({ order, payment }) => ({
          ...(await snapshotOf(app.deps, order.sn)),
          atWechat: app.sandbox.ledger.orders.get(payment.sn)?.state,
        }),
      })
      expect(interruptions).toBeGreaterThan(atLeast)
    },
  )
})
