import { describe, expect } from '../../harness/app.ts'
import { dayFromNow } from '../../harness/fixtures.ts'
import { bookTwoNights } from './journey.ts'
import { test } from './person.ts'

describe('examples/mini-program where the sandbox is WeChat', () => {
  test('signs in, asks for consent and pays by dialogs; who is guest and host in one redeems the code', async ({
    app,
    openPhone,
  }) => {
    await app.startWorkers()
    const person = await openPhone('o_demo_host', { isSandbox: true })
    const asked: string[] = []
    person.onDialog = (title) => asked.push(title) > 0
    await bookTwoNights(person, dayFromNow(3))

    person.tap('pay')

    await expect.poll(() => person.screen().texts()).toContain('待入住')
    expect(asked).toEqual(['订阅消息（沙箱）', '微信支付（沙箱）'])
    expect(person.fake.paySheets()).toBe(0)
    await expect.poll(() => app.sandbox.messages('o_demo_host')).toHaveLength(2)
    await expect.poll(() => person.read('code-qr')).toMatch(/^\w{8}$/)

    person.camera = person.read('code-qr')
    await person.openTab('pages/host/host')
    person.tap('scan')
    await expect.poll(() => person.screen().texts()).toContain('请入住')
  })

  test('a dialog that is closed pays nothing', async ({ app, openPhone }) => {
    const person = await openPhone('o_guest', { isSandbox: true })
    person.onDialog = () => false
    await bookTwoNights(person, dayFromNow(3))

    person.tap('pay')

    await expect.poll(() => person.screen().texts()).toContain('还没有付款')
    expect([...app.sandbox.ledger.orders.values()].map(({ state }) => state)).toEqual(['NOTPAY'])
  })
})
