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

describe('a guest who cancels', () => {
  test('closes the attempt here and at WeChat, and gets no second event', async ({ app }) => {
    const tapped = await givenTapped(app)
    await cancel(app, tapped)
    await cancel(app, tapped)

    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'CANCELLED', paidBySn: null })
    expect(await eventsOf(app.deps, tapped.payment.sn)).toEqual(['PENDING by WX_PAY', 'CLOSED by CLOSE'])
    expect(app.sandbox.ledger.orders.get(tapped.payment.sn)?.state).toBe('CLOSED')
  })

  test('asks WeChat before the close and after it', async ({ app }) => {
    const tapped = await givenTapped(app)
    const wire = await openWechatProxy(app)
    await cancel(wire, tapped)
    await wire.close()
    const calls = wire.exchanges.map(({ path }) => (path.endsWith('/close') ? 'close' : 'query'))
    expect(calls).toEqual(['query', 'close', 'query'])
  })

  test('frees the nights in the same commit', async ({ app }) => {
    const homestay = await givenHomestay(app)
    const tapped = await givenTapped(app, await givenOrder(app, { homestay }))
    const { guest } = tapped
    await expect(givenOrder(app, { homestay, guest })).rejects.toMatchObject({ code: 'HOMESTAY_UNAVAILABLE' })

    await cancel(app, tapped)

    expect((await givenOrder(app, { homestay, guest })).order.tradeState).toBe('WAIT_PAY')
  })

  test('needs no WeChat where nothing was tapped', async ({ app }) => {
    const booked = await givenOrder(app)
    const wire = await openWechatProxy(app)
    await cancel(wire, booked)
    await wire.close()
    expect(wire.exchanges).toHaveLength(0)
    expect(await orderOf(app.deps, booked.order.sn)).toMatchObject({ tradeState: 'CANCELLED' })
  })

  test('finds the order paid when WeChat has the money, in the same call', async ({ app }) => {
    const tapped = await givenTapped(app)
    loseNotices(app)
    await payOnPhone(app, tapped.params)

    const refused = { code: 'ORDER_NOT_CANCELLABLE', tradeState: 'WAIT_USE' }
    await expect(cancel(app, tapped)).rejects.toMatchObject(refused)

    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ paidBySn: tapped.payment.sn })
  })

  test('keeps the order that is paid between the question and the close', async ({ app }) => {
    const tapped = await givenTapped(app)
    loseNotices(app)
    const wire = await openWechatProxy(app, { totalMs: 5_000 })
    const held = wire.hold(`${tapped.payment.sn}?mchid=${tapped.payment.mchid}`)
    const cancelling = cancel(wire, tapped)
    await held.answered
    await payOnPhone(app, tapped.params)
    held.letGo()

    await expect(cancelling).rejects.toMatchObject({ code: 'ORDER_NOT_CANCELLABLE', tradeState: 'WAIT_USE' })
    await wire.close()
  })

  test('keeps the order whose payment wins against the close', async ({ app }) => {
    const tapped = await givenTapped(app)
    loseNotices(app)
    app.sandbox.faults.add({ endpoint: 'close', kind: 'paid-meanwhile', times: 1 })

    await expect(cancel(app, tapped)).rejects.toMatchObject({ code: 'ORDER_NOT_CANCELLABLE', tradeState: 'WAIT_USE' })

    expect(await paymentOf(app.deps, tapped.payment.sn)).toMatchObject({ status: 'SUCCESS', closedAt: null })
  })

  test('changes nothing while WeChat names a state that nobody knows; that rings', async ({ app }) => {
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

  test('changes nothing when that state comes after the close', async ({ app }) => {
    const tapped = await givenTapped(app)
    const wire = await openWechatProxy(app, { totalMs: 5_000 })
    const held = wire.hold('/close')
    const cancelling = cancel(wire, tapped)
    await held.answered
    renameState(app, tapped.payment.sn, 'FROZEN')
    held.letGo()
    await expect(cancelling).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE' })
    await wire.close()
    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
  })

  test('is told so when the order is somebody else’s or past cancelling', async ({ app }) => {
    const paid = await givenPaid(app)
    await expect(cancel(app, paid)).rejects.toMatchObject({ code: 'ORDER_NOT_CANCELLABLE', tradeState: 'WAIT_USE' })
    const stranger = { ...paid, guest: { ...paid.guest, id: 'somebody' } }
    await expect(cancel(app, stranger)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('a close without a certain end changes nothing', () => {
  const faults = [
    ['the question is not answered', { endpoint: 'query', kind: 'timeout-before' }],
    ['the close is not answered', { endpoint: 'close', kind: 'timeout-before' }],
    ['the close is not answered, though it happened', { endpoint: 'close', kind: 'timeout-after' }],
    ['the close is signed wrongly', { endpoint: 'close', kind: 'wrong-signature' }],
    ['the close is not signed', { endpoint: 'close', kind: 'no-signature' }],
    ['the close is accepted, not done', { endpoint: 'close', kind: 'accepted' }],
    ['WeChat says, unsigned, that it is paid', { endpoint: 'close', kind: 'error', code: 'ORDERPAID' }],
    ['WeChat says, unsigned, that it is closed', { endpoint: 'close', kind: 'error', code: 'ORDER_CLOSED' }],
    ['WeChat says, unsigned, that it is not there', { endpoint: 'close', kind: 'error', code: 'ORDER_NOT_EXIST' }],
  ] as const

  for (const [story, fault] of faults) {
    test(`${story}; and the next one ends it`, async ({ app }) => {
      const tapped = await givenTapped(app)
      app.sandbox.faults.add(fault)
      const wire = await openWechatProxy(app, { totalMs: 200 })

      await expect(cancel(wire, tapped)).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE' })

      await wire.close()
      expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
      expect(await paymentOf(app.deps, tapped.payment.sn)).toMatchObject({ status: 'PENDING', version: 1 })
      app.sandbox.faults.clear()
      await cancel(app, tapped)
      expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'CANCELLED' })
    })
  }
})

/** An attempt whose prepay WeChat refused. */
async function givenUnknown(app: TestApp) {
  const booked = await givenOrder(app)
  app.sandbox.faults.add({ endpoint: 'prepay', kind: 'error', code: 'RULE_LIMIT', times: 1 })
  await tap(app.deps, booked).catch(() => {})
  const payment = await app.deps.db.payment.findFirstOrThrow({ where: { orderSn: booked.order.sn } })
  expect(payment.prepayId).toBeNull()
  return { ...booked, payment }
}

describe('a number that WeChat does not know', () => {
  test('is not closed while a prepay may be under way', async ({ app }) => {
    const { payment, ...booked } = await givenUnknown(app)
    await letPass(app, 55)
    await expect(cancel(app, booked)).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE' })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING' })
  })

  test('is closed once no prepay can be', async ({ app }) => {
    const { payment, ...booked } = await givenUnknown(app)
    await letPass(app, 61)
    await cancel(app, booked)
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'CLOSED' })
  })

  test('is not closed when it has a prepay_id, however old it is', async ({ app }) => {
    const tapped = await givenTapped(app)
    await letPass(app, 600)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'error', code: 'ORDER_NOT_EXIST' })
    await expect(cancel(app, tapped)).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE' })
  })
})
