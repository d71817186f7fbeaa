import { describe, expect } from '../../harness/app.ts'
import { orderOf, paymentOf } from '../../harness/fixtures.ts'
import { CANCEL, heldSheet, test } from './phone.ts'

describe('pay() in a mini-program', () => {
  test('pay() resolves with the payment that the server has confirmed', async ({ app, phone }) => {
    phone.fake.onPaySheet = phone.confirm

    const result = await phone.client.pay(phone.order.sn)

    expect(result).toMatchObject({
      outcome: 'PAID',
      payment: { orderSn: phone.order.sn, status: 'SUCCESS', payTotal: phone.order.orderTotalPrice },
    })
    expect(phone.fake.socketAttempts()).toBe(1)
    expect(phone.fake.requests('chunked')).toEqual([])
    const { status } = await app.deps.db.payment.findFirstOrThrow({ where: { orderSn: phone.order.sn } })
    expect(status).toBe('SUCCESS')
  })

  test('pay() resolves by the socket even if the pay sheet never calls back', async ({ phone }) => {
    phone.fake.onPaySheet = async (sheet) => {
      await phone.confirm(sheet)
      await new Promise(() => {})
    }

    expect(await phone.client.pay(phone.order.sn)).toMatchObject({ outcome: 'PAID' })
    expect(phone.fake.requests('plain')).toHaveLength(1)
  })

  test('pay() reports CANCELLED when the guest closes the pay sheet, and the order can be paid later', async ({
    app,
    phone,
  }) => {
    phone.fake.onPaySheet = () => Promise.reject(CANCEL)
    const cancelled = await phone.client.pay(phone.order.sn)

    expect(cancelled).toMatchObject({ outcome: 'NOT_PAID', reason: 'CANCELLED', payment: { status: 'PENDING' } })
    expect(await orderOf(app.deps, phone.order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })

    phone.fake.onPaySheet = phone.confirm
    expect(await phone.client.pay(phone.order.sn)).toMatchObject({ outcome: 'PAID' })
  })

  test('pay() believes the server when the phone reports a paid sheet as cancelled', async ({ app, phone }) => {
    // The notice is lost: the client has to query the server, whose own query to WeChat has to be due.
    app.sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost' })
    phone.fake.onPaySheet = async (sheet) => {
      await phone.confirm(sheet)
      await app.deps.db.payment.updateMany({ data: { createdAt: new Date(Date.now() - 10_000) } })
      throw CANCEL
    }

    expect(await phone.client.pay(phone.order.sn)).toMatchObject({ outcome: 'PAID' })
  })

  test('pay() reports FAILED when the pay sheet fails', async ({ phone }) => {
    phone.fake.onPaySheet = () => Promise.reject('fail system error')

    const result = await phone.createClient({ confirmMs: 0 }).pay(phone.order.sn)

    expect(result).toMatchObject({ outcome: 'NOT_PAID', reason: 'FAILED', payment: { status: 'PENDING' } })
  })

  test('pay() makes the server query WeChat when the notice is lost', async ({ app, phone }) => {
    app.sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost' })
    phone.fake.onPaySheet = phone.confirm

    expect(await phone.client.pay(phone.order.sn)).toMatchObject({ outcome: 'PAID' })
    const { sn } = await app.deps.db.payment.findFirstOrThrow()
    expect(await app.deps.db.paymentEvent.findMany({ where: { paymentSn: sn, toStatus: 'SUCCESS' } })).toMatchObject([
      { source: 'QUERY' },
    ])
  })

  test('pay() does not believe a phone that reports an unpaid order as paid', async ({ phone }) => {
    phone.fake.onPaySheet = () => Promise.resolve()

    expect(await phone.createClient({ confirmMs: 0 }).pay(phone.order.sn)).toMatchObject({
      outcome: 'NOT_PAID',
      reason: 'UNCONFIRMED',
      payment: { status: 'PENDING' },
    })
  })

  test('pay() resolves with PAID for an order that was paid before, and shows no pay sheet', async ({ phone }) => {
    phone.fake.onPaySheet = phone.confirm
    await phone.client.pay(phone.order.sn)

    expect(await phone.client.pay(phone.order.sn)).toMatchObject({ outcome: 'PAID' })
    expect(phone.fake.paySheets()).toBe(1)
  })

  test('pay() joins a second tap to the first', async ({ phone }) => {
    const sheet = heldSheet()
    phone.fake.onPaySheet = sheet.onPaySheet
    const taps = [phone.client.pay(phone.order.sn), phone.client.pay(phone.order.sn)]
    await phone.confirm(await sheet.shown)

    expect(await Promise.all(taps)).toMatchObject([{ outcome: 'PAID' }, { outcome: 'PAID' }])
    expect(phone.fake.paySheets()).toBe(1)
  })

  test('pay() is refused with the server’s error code', async ({ phone }) => {
    expect(await phone.client.pay('no-such-order')).toMatchObject({ outcome: 'REFUSED', code: 'NOT_FOUND' })
  })

  test('pay() is refused with UNAUTHENTICATED when the guest is not signed in', async ({ phone }) => {
    phone.session.accessToken = ''

    expect(await phone.client.pay(phone.order.sn)).toMatchObject({ outcome: 'REFUSED', code: 'UNAUTHENTICATED' })
  })

  test('pay() is refused with NETWORK when the server can’t be reached', async ({ phone }) => {
    const client = phone.createClient({ url: 'http://127.0.0.1:1/graphql' })

    expect(await client.pay(phone.order.sn)).toMatchObject({ outcome: 'REFUSED', code: 'NETWORK' })
  })

  test('pay() ends with CLOSED when the payment is closed while the pay sheet is open', async ({
    app,
    phone,
    graphql,
  }) => {
    const sheet = heldSheet()
    phone.fake.onPaySheet = sheet.onPaySheet
    const paying = phone.client.pay(phone.order.sn)
    await sheet.shown
    const guest = await graphql.as(phone.guest)
    await guest.mutate('mutation ($sn: ID!) { cancelHomestayOrder(input: { sn: $sn }) { __typename } }', {
      sn: phone.order.sn,
    })

    const result = await paying
    expect(result).toMatchObject({ outcome: 'NOT_PAID', reason: 'CLOSED' })
    const { sn } = await app.deps.db.payment.findFirstOrThrow()
    expect(await paymentOf(app.deps, sn)).toMatchObject({ status: 'CLOSED' })
  })
})
