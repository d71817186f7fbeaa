import { describe, expect } from '../../harness/app.ts'
import { givenOpenSheet, openHttpProxy, type Phone, test, watch } from './phone.ts'

/** Opens as many sockets as a mini-program may have, so that the next one is refused. */
function openAllSockets({ fake }: Phone, url: string): void {
  for (let count = 0; count < 5; count += 1) {
    void fake.wx.connectSocket({ url: url.replace('http', 'ws'), protocols: ['graphql-transport-ws'], timeout: 1_000 })
  }
}

describe('a mini-program that may open no more sockets', () => {
  test('a payment arrives over a chunked request when the mini-program may open no more sockets', async ({
    graphql,
    phone,
  }) => {
    openAllSockets(phone, graphql.url)
    const { paying, option } = await givenOpenSheet(phone)
    await expect.poll(() => phone.fake.openStreams()).toBe(1)
    await phone.confirm(option)

    expect(await paying).toMatchObject({ outcome: 'PAID', payment: { tradeStateDesc: '支付成功' } })
    const queries = phone.fake.requests('plain').filter((query) => query.includes('paymentStatus('))
    expect(queries).toEqual([])
    await expect.poll(() => phone.fake.openStreams()).toBe(0)
  })

  test('the client polls once the chunked request is cut off as well', async ({ app, graphql, phone }) => {
    openAllSockets(phone, graphql.url)
    const { paying, option } = await givenOpenSheet(phone)
    const { sn } = await app.deps.db.payment.findFirstOrThrow()
    const watched = watch(phone, sn)
    await expect.poll(watched.statuses).toEqual(['PENDING'])
    await expect.poll(() => phone.fake.openStreams()).toBe(2)

    phone.fake.cutStreams()
    await phone.confirm(option)

    expect(await paying).toMatchObject({ outcome: 'PAID' })
    await expect.poll(watched.statuses).toEqual(['PENDING', 'SUCCESS'])
    expect(phone.fake.requests('chunked')).toHaveLength(2)
  })

  test('watchPayment() over a chunked request reports that the session has ended', async ({ app, graphql, phone }) => {
    openAllSockets(phone, graphql.url)
    await givenOpenSheet(phone)
    const { sn } = await app.deps.db.payment.findFirstOrThrow()
    const watched = watch(phone, sn)
    await expect.poll(watched.statuses).toEqual(['PENDING'])
    await app.deps.db.session.updateMany({ data: { revokedAt: new Date() } })

    await expect.poll(() => watched.ends).toMatchObject([{ code: 'UNAUTHENTICATED' }])
  })
})

describe('failed sockets of a mini-program', () => {
  test('failed sockets of a mini-program are closed, and no longer count towards its limit', async ({
    app,
    graphql,
    phone,
  }) => {
    const proxy = await openHttpProxy(graphql)
    await givenOpenSheet(phone)
    const { sn } = await app.deps.db.payment.findFirstOrThrow()
    await expect.poll(() => phone.fake.openSockets()).toBe(1)
    const watched = watch({ client: phone.createClient({ url: proxy.url }) }, sn)
    await expect.poll(watched.statuses).toEqual(['PENDING'])
    expect(phone.fake.socketAttempts()).toBe(3)

    await expect.poll(() => phone.fake.openSockets()).toBe(1)
    proxy.close()
  })
})
