import { cancelHomestayOrder } from '../../../src/order/cancel.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import {
  givenHomestay,
  givenOrder,
  givenPaid,
  givenTapped,
  orderOf,
  paymentOf,
  payOnPhone,
  type Tapped,
  tap,
} from '../../harness/fixtures.ts'
import { eventsOf, loseNotices } from '../../harness/money.ts'
import { letPass } from '../../harness/time.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

function cancel({ deps }: Pick<TestApp, 'deps'>, { guest, order }: Pick<Tapped, 'guest' | 'order'>) {
  return cancelHomestayOrder(deps, { userId: guest.id, sn: order.sn })
}

function renameState({ sandbox }: TestApp, outTradeNo: string, state: string): void {
  const order = sandbox.ledger.orders.get(outTradeNo)
  if (!order) throw new Error(`WeChat must know ${outTradeNo}`)
  sandbox.ledger.commit(['orders', { ...order, state: state as typeof order.state }])
}

describe('a guest’s cancellation', () => {
  test('closes the attempt, at WeChat too, with one event for two cancellations', async ({ app }) => {
    const tapped = await givenTapped(app)
    await cancel(app, tapped)
    await cancel(app, tapped)

    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'CANCELLED', paidBySn: null })
    expect(await eventsOf(app.deps, tapped.payment.sn)).toEqual(['PENDING by WX_PAY', 'CLOSED by CLOSE'])
    expect(app.sandbox.ledger.orders.get(tapped.payment.sn)?.state).toBe('CLOSED')
  })

  test('queries WeChat before the close and after it', async ({ app }) => {
    const tapped = await givenTapped(app)
    const proxy = await openWechatProxy(app)
    await cancel(proxy, tapped)
    await proxy.close()
    const calls = proxy.exchanges.map(({ path }) => (path.endsWith('/close') ? 'close' : 'query'))
    expect(calls).toEqual(['query', 'close', 'query'])
  })

  test('frees the nights when the order is cancelled', async ({ app }) => {
    const homestay = await givenHomestay(app)
    const tapped = await givenTapped(app, await givenOrder(app, { homestay }))
    const { guest } = tapped
    await expect(givenOrder(app, { homestay, guest })).rejects.toMatchObject({ code: 'HOMESTAY_UNAVAILABLE' })

    await cancel(app, tapped)

    expect((await givenOrder(app, { homestay, guest })).order.tradeState).toBe('WAIT_PAY')
  })

  test('cancels an order without an attempt without calling WeChat', async ({ app }) => {
    const booked = await givenOrder(app)
    const proxy = await openWechatProxy(app)
    await cancel(proxy, booked)
    await proxy.close()
    expect(proxy.exchanges).toHaveLength(0)
    expect(await orderOf(app.deps, booked.order.sn)).toMatchObject({ tradeState: 'CANCELLED' })
  })

  test('refuses to cancel an order that WeChat says is paid, and applies the payment in the same call', async ({
    app,
  }) => {
    const tapped = await givenTapped(app)
    loseNotices(app)
    await payOnPhone(app, tapped.params)

    const refused = { code: 'ORDER_NOT_CANCELLABLE', tradeState: 'WAIT_USE' }
    await expect(cancel(app, tapped)).rejects.toMatchObject(refused)

    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ paidBySn: tapped.payment.sn })
  })

  test('refuses to cancel an order that is paid between the query and the close', async ({ app }) => {
    const tapped = await givenTapped(app)
    loseNotices(app)
    const proxy = await openWechatProxy(app)
    const held = proxy.hold(`${tapped.payment.sn}?mchid=${tapped.payment.mchid}`)
    const cancelling = cancel(proxy, tapped)
    await held.answered
    await payOnPhone(app, tapped.params)
    held.release()

    await expect(cancelling).rejects.toMatchObject({ code: 'ORDER_NOT_CANCELLABLE', tradeState: 'WAIT_USE' })
    await proxy.close()
  })

  test('refuses to cancel an order whose payment succeeds before WeChat handles the close', async ({ app }) => {
    const tapped = await givenTapped(app)
    loseNotices(app)
    app.sandbox.faults.add({ endpoint: 'close', kind: 'paid-meanwhile', times: 1 })

    await expect(cancel(app, tapped)).rejects.toMatchObject({ code: 'ORDER_NOT_CANCELLABLE', tradeState: 'WAIT_USE' })

    expect(await paymentOf(app.deps, tapped.payment.sn)).toMatchObject({ status: 'SUCCESS', closedAt: null })
  })

  test('cancels nothing while WeChat answers an unknown trade_state, and raises an alert', async ({ app }) => {
    const tapped = await givenTapped(app)
    renameState(app, tapped.payment.sn, 'FROZEN')
    const { deps, alarms } = withAlerts(app.deps)
    await expect(cancel({ deps }, tapped)).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE' })
    expect(alarms).toEqual(['trade-state'])
    expect(app.sandbox.ledger.orders.get(tapped.payment.sn)?.state).toBe('FROZEN')

    renameState(app, tapped.payment.sn, 'NOTPAY')
    await cancel(app, tapped)
    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'CANCELLED' })
  })

  test('cancels nothing when WeChat answers an unknown trade_state after the close', async ({ app }) => {
    const tapped = await givenTapped(app)
    const proxy = await openWechatProxy(app)
    const held = proxy.hold('/close')
    const cancelling = cancel(proxy, tapped)
    await held.answered
    renameState(app, tapped.payment.sn, 'FROZEN')
    held.release()
    await expect(cancelling).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE' })
    await proxy.close()
    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
  })

  test('refuses to cancel a paid order, or somebody else’s', async ({ app }) => {
    const paid = await givenPaid(app)
    await expect(cancel(app, paid)).rejects.toMatchObject({ code: 'ORDER_NOT_CANCELLABLE', tradeState: 'WAIT_USE' })
    const stranger = { ...paid, guest: { ...paid.guest, id: 'somebody' } }
    await expect(cancel(app, stranger)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('a close whose outcome is unknown', () => {
  const faults = [
    ['the query is not answered', { endpoint: 'query', kind: 'timeout-before' }],
    ['the close is not answered', { endpoint: 'close', kind: 'timeout-before' }],
    ['the close is not answered, though it happened', { endpoint: 'close', kind: 'timeout-after' }],
    ['the close is signed wrongly', { endpoint: 'close', kind: 'wrong-signature' }],
    ['the close is not signed', { endpoint: 'close', kind: 'no-signature' }],
    ['the close is answered with 202', { endpoint: 'close', kind: 'accepted' }],
    ['WeChat answers ORDERPAID, unsigned', { endpoint: 'close', kind: 'error', code: 'ORDERPAID' }],
    ['WeChat answers ORDER_CLOSED, unsigned', { endpoint: 'close', kind: 'error', code: 'ORDER_CLOSED' }],
    ['WeChat answers ORDER_NOT_EXIST, unsigned', { endpoint: 'close', kind: 'error', code: 'ORDER_NOT_EXIST' }],
  ] as const

  for (const [story, fault] of faults) {
    test(`cancels nothing when ${story}, and the next attempt completes it`, async ({ app }) => {
      const tapped = await givenTapped(app)
      app.sandbox.faults.add(fault)
      const proxy = await openWechatProxy(app)

      const meeting = { deps: proxy.depsMeeting(fault.kind) }
      await expect(cancel(meeting, tapped)).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE' })

      await proxy.close()
      expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
      expect(await paymentOf(app.deps, tapped.payment.sn)).toMatchObject({ status: 'PENDING', version: 1 })
      app.sandbox.faults.clear()
      await cancel(app, tapped)
      expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'CANCELLED' })
    })
  }
})

/** An attempt whose prepay WeChat refused: it doesn't know the number. */
async function givenUnknownNumber(app: TestApp) {
  const booked = await givenOrder(app)
  app.sandbox.faults.add({ endpoint: 'prepay', kind: 'error', code: 'RULE_LIMIT', times: 1 })
  await tap(app.deps, booked).catch(() => {})
  const payment = await app.deps.db.payment.findFirstOrThrow({ where: { orderSn: booked.order.sn } })
  expect(payment.prepayId).toBeNull()
  return { ...booked, payment }
}

describe('a number unknown to WeChat', () => {
  test('does not close a number unknown to WeChat while a prepay may be under way', async ({ app }) => {
    const { payment, ...booked } = await givenUnknownNumber(app)
    await letPass(app, 30)
    await expect(cancel(app, booked)).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE' })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING' })
  })

  test('closes a number unknown to WeChat once no prepay can be under way', async ({ app }) => {
    const { payment, ...booked } = await givenUnknownNumber(app)
    await letPass(app, 61)
    await cancel(app, booked)
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'CLOSED' })
  })

  test('never closes a number with a prepay_id on ORDER_NOT_EXIST, however old it is', async ({ app }) => {
    const tapped = await givenTapped(app)
    await letPass(app, 600)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'error', code: 'ORDER_NOT_EXIST' })
    await expect(cancel(app, tapped)).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE' })
  })
})
