import { describe, expect } from '../../harness/app.ts'
import { givenOpenSheet, openHttpProxy, type Phone, test, watch } from './phone.ts'

/** The mini-program holds all the sockets that it may have: one more is refused. */
function takeAllSockets({ fake }: Phone, url: string): void {
  for (let taken = 0; taken < 5; taken += 1) {
    fake.wx.connectSocket({ url: url.replace('http', 'ws'), protocols: ['graphql-transport-ws'], timeout: 1_000 })
  }
}

describe('a mini-program without a socket to spare', () => {
  test('hears of the payment over a chunked request', async ({ graphql, phone }) => {
    takeAllSockets(phone, graphql.url)
    const { paying, option } = await givenOpenSheet(phone)
    await expect.poll(() => phone.fake.openStreams()).toBe(1)
    await phone.confirm(option)

    expect(await paying).toMatchObject({ outcome: 'PAID', payment: { tradeStateDesc: '支付成功' } })
    const asked = phone.fake.requests('plain').filter((query) => query.includes('paymentStatus('))
    expect(asked).toEqual([])
    await expect.poll(() => phone.fake.openStreams()).toBe(0)
  })

  test('asks again and again once the chunked request is cut as well', async ({ app, graphql, phone }) => {
    takeAllSockets(phone, graphql.url)
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

  test('says over a chunked request that the session has ended', async ({ app, graphql, phone }) => {
    takeAllSockets(phone, graphql.url)
    await givenOpenSheet(phone)
    const { sn } = await app.deps.db.payment.findFirstOrThrow()
    const watched = watch(phone, sn)
    await expect.poll(watched.statuses).toEqual(['PENDING'])
    await app.deps.db.session.updateMany({ data: { revokedAt: new Date() } })

    await expect.poll(() => watched.ends).toMatchObject([{ code: 'UNAUTHENTICATED' }])
  })
})

describe('a mini-program whose sockets fail', () => {
  test('keeps none of them: the next one is free', async ({ app, graphql, phone }) => {
    const proxy = await openHttpProxy(graphql)
    await givenOpenSheet(phone)
    const { sn } = await app.deps.db.payment.findFirstOrThrow()
    await expect.poll(() => phone.fake.openSockets()).toBe(1)
    const watched = watch({ client: phone.createClient({ url: proxy.url }) }, sn)
    await expect.poll(watched.statuses).toEqual(['PENDING'])
    expect(phone.fake.socketsAsked()).toBe(3)

    await expect.poll(() => phone.fake.openSockets()).toBe(1)
    proxy.close()
  })
})
