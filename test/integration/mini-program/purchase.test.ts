import { setImmediate } from 'node:timers/promises'
import { describe, expect } from '../../harness/app.ts'
import { dayFromNow } from '../../harness/fixtures.ts'
import { CANCEL, heldSheet } from '../client/phone.ts'
import { bookTwoNights, openBooked } from './journey.ts'
import { test } from './person.ts'

describe('the mini-program of examples/mini-program', () => {
  test('a guest books free nights and pays, and the host redeems the code by scanning it', async ({
    app,
    openPhone,
  }) => {
    await app.startWorkers()
    const guest = await openPhone('o_guest')
    await bookTwoNights(guest, dayFromNow(3))
    expect(guest.screen().texts()).toContain('¥1048')

    guest.tap('pay')

    await expect.poll(() => guest.screen().texts()).toContain('待入住')
    const order = await app.deps.db.homestayOrder.findFirstOrThrow()
    expect(order).toMatchObject({ tradeState: 'WAIT_USE', orderTotalPrice: 104_800, livePeopleNum: 2, needFood: true })
    await expect.poll(() => guest.read('code-qr')).toBe(order.tradeCode)
    await expect.poll(() => app.sandbox.messages('o_guest')).toHaveLength(2)

    const host = await openPhone('o_demo_host')
    await host.openTab('pages/host/host')
    host.camera = guest.read('code-qr')
    host.tap('scan')

    await expect.poll(() => host.screen().texts()).toContain('请入住')
    expect(host.screen().texts()).toEqual(expect.arrayContaining(['双廊海景大床房', '2 人，含餐']))
    guest.screen().call('onPullDownRefresh')
    await expect.poll(() => guest.screen().texts()).toContain('已入住')
    expect(guest.screen().find('code-qr')).toBeNull()
  })

  test('a guest who closes the pay sheet reads that nothing is paid, and pays later from the list of orders', async ({
    app,
    openPhone,
  }) => {
    await app.startWorkers()
    const guest = await openBooked(openPhone)
    const confirm = guest.fake.onPaySheet
    guest.fake.onPaySheet = () => Promise.reject(CANCEL)
    guest.tap('pay')
    await expect.poll(() => guest.screen().texts()).toContain('还没有付款')

    guest.fake.onPaySheet = confirm
    await guest.openTab('pages/orders/orders')
    const { sn } = await app.deps.db.homestayOrder.findFirstOrThrow()
    await expect.poll(() => guest.screen().find(`order-${sn}`)).toBeTruthy()
    guest.tap(`order-${sn}`)
    await expect.poll(() => guest.screen().find('pay')).toBeTruthy()
    guest.tap('pay')
    await expect.poll(() => guest.screen().texts()).toContain('微信支付')
    guest.tap('pay')

    await expect.poll(() => guest.screen().texts()).toContain('待入住')
    expect(await app.deps.db.payment.count()).toBe(1)
  })

  test('an order’s page shows the code as soon as the money is there, whatever became of the pay sheet', async ({
    app,
    openPhone,
  }) => {
    await app.startWorkers()
    const guest = await openBooked(openPhone)
    const { onPaySheet, shown, answer } = heldSheet()
    const confirm = guest.fake.onPaySheet
    guest.fake.onPaySheet = onPaySheet
    guest.tap('pay')
    const sheet = await shown
    const { sn } = await app.deps.db.homestayOrder.findFirstOrThrow()
    await guest.openTab('pages/orders/orders')
    await expect.poll(() => guest.screen().find(`order-${sn}`)).toBeTruthy()
    guest.tap(`order-${sn}`)
    await expect.poll(() => guest.screen().texts()).toContain('待付款')

    await confirm(sheet)
    answer()

    await expect.poll(() => guest.screen().texts()).toContain('待入住')
    expect(guest.screen().route).toBe('pages/order/order')
  })

  test('a guest who rejected the messages gets them after accepting on the order’s page', async ({
    app,
    openPhone,
  }) => {
    await app.startWorkers()
    const guest = await openBooked(openPhone)
    guest.consents = 'reject'
    guest.tap('pay')
    await expect.poll(() => guest.screen().texts()).toContain('待入住')
    await expect.poll(() => app.deps.db.message.count({ where: { status: 'REFUSED' } })).toBe(2)
    guest.screen().call('onPullDownRefresh')
    await expect.poll(() => guest.screen().find('messages')).toBeTruthy()
    expect(app.sandbox.messages('o_guest')).toEqual([])

    guest.consents = 'accept'
    guest.tap('messages')

    await expect.poll(() => app.sandbox.messages('o_guest')).toHaveLength(2)
    await expect.poll(() => guest.screen().find('messages')).toBeNull()
  })

  test('a guest who is sure of it cancels an unpaid order, and gets a paid one back', async ({ app, openPhone }) => {
    await app.startWorkers()
    const guest = await openBooked(openPhone)
    guest.tap('later')
    await expect.poll(() => guest.screen().find('cancel')).toBeTruthy()
    guest.onDialog = () => false
    guest.tap('cancel')
    // A dialog that asks nobody answers before anything else can happen.
    await setImmediate()
    expect(guest.fake.requests('plain').join()).not.toContain('cancelHomestayOrder')
    guest.onDialog = () => true
    guest.tap('cancel')
    await expect.poll(() => guest.screen().texts()).toContain('已取消')

    await guest.openTab('pages/stays/stays')
    await bookTwoNights(guest, dayFromNow(3))
    guest.tap('pay')
    await expect.poll(() => guest.screen().find('refund')).toBeTruthy()
    guest.tap('refund')

    await expect.poll(() => guest.screen().texts()).toContain('已退款')
    const orders = await app.deps.db.homestayOrder.findMany({ orderBy: { createdAt: 'asc' } })
    expect(orders.map(({ tradeState }) => tradeState)).toEqual(['CANCELLED', 'REFUNDED'])
  })
})
