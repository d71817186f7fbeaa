import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'
import { RefreshSessionDocument } from '../../../client/src/pay-client.ts'
import { describe, expect } from '../../harness/app.ts'
import { givenOrder, whenPayment } from '../../harness/fixtures.ts'
import { type RunningGraphql, serveGraphql } from '../../harness/graphql-client.ts'
import { listen } from '../../harness/listen.ts'
import { givenOpenSheet, heldSheet, test, watch } from './phone.ts'

describe('the client’s socket', () => {
  test('the client uses one socket for all payments, and closes it a while after the last', async ({ app, phone }) => {
    const other = await givenOrder(app, { guest: phone.guest })
    const sheets = [heldSheet(), heldSheet()] as const
    phone.fake.onPaySheet = sheets[0].onPaySheet
    const first = phone.client.pay(phone.order.sn)
    const firstSheet = await sheets[0].shown
    phone.fake.onPaySheet = sheets[1].onPaySheet
    const second = phone.client.pay(other.order.sn)
    const secondSheet = await sheets[1].shown
    await phone.confirm(secondSheet)
    await phone.confirm(firstSheet)

    expect(await Promise.all([first, second])).toMatchObject([
      { outcome: 'PAID', payment: { orderSn: phone.order.sn } },
      { outcome: 'PAID', payment: { orderSn: other.order.sn } },
    ])
    expect(phone.fake.socketAttempts()).toBe(1)
    await expect.poll(() => phone.fake.openSockets()).toBe(0)
  })

  test('the client’s socket stays open between two successive payments', async ({ phone, app }) => {
    const client = phone.createClient({ idleSocketMs: 60_000 })
    const other = await givenOrder(app, { guest: phone.guest })
    phone.fake.onPaySheet = phone.confirm
    await client.pay(phone.order.sn)

    expect(phone.fake.openSockets()).toBe(1)
    expect(await client.pay(other.order.sn)).toMatchObject({ outcome: 'PAID' })
    expect(phone.fake.socketAttempts()).toBe(1)
  })

  test('the client reopens its socket and queries the state once when the app is shown again', async ({
    app,
    phone,
  }) => {
    const { option, paying } = await givenOpenSheet(phone)
    const { sn } = await app.deps.db.payment.findFirstOrThrow()
    const watched = watch(phone, sn)
    await expect.poll(watched.statuses).toEqual(['PENDING'])

    phone.fake.hide()
    await phone.confirm(option)
    await whenPayment(app.deps, sn, 'SUCCESS')
    expect(phone.fake.openSockets()).toBe(0)
    expect(watched.statuses()).toEqual(['PENDING'])
    phone.fake.show()

    expect(await paying).toMatchObject({ outcome: 'PAID' })
    await expect.poll(watched.statuses).toEqual(['PENDING', 'SUCCESS'])
    await expect.poll(() => phone.fake.openSockets()).toBe(1)
    const queries = phone.fake.requests('plain').filter((query) => query.includes('paymentStatus('))
    // Once for `pay`, and once for `watchPayment`.
    expect(queries).toHaveLength(2)

    app.sandbox.refundManually({ outTradeNo: sn })
    await expect.poll(watched.statuses).toEqual(['PENDING', 'SUCCESS', 'REFUNDED'])
    expect(watched.ends).toEqual([null])
    expect(phone.fake.requests('chunked')).toEqual([])
  })

  test('the client reopens its socket with the new token when the session was refreshed', async ({ app, phone }) => {
    const { option } = await givenOpenSheet(phone)
    const { sn } = await app.deps.db.payment.findFirstOrThrow()
    const watched = watch(phone, sn)
    await expect.poll(watched.statuses).toEqual(['PENDING'])
    const refreshed = await phone.client.request(RefreshSessionDocument, {})
    if (refreshed.ok) phone.session.accessToken = refreshed.data.refreshSession.accessToken

    await expect.poll(() => phone.fake.socketAttempts()).toBe(2)
    await phone.confirm(option)
    await expect.poll(watched.statuses).toEqual(['PENDING', 'SUCCESS'])
    expect(phone.fake.requests('chunked')).toEqual([])
  })

  test('pay() and watchPayment() end with UNAUTHENTICATED when the session ends while the socket is open', async ({
    app,
    phone,
  }) => {
    const { paying, answer } = await givenOpenSheet(phone)
    const { sn } = await app.deps.db.payment.findFirstOrThrow()
    const watched = watch(phone, sn)
    await expect.poll(watched.statuses).toEqual(['PENDING'])
    await app.deps.db.session.updateMany({ data: { revokedAt: new Date() } })

    await expect.poll(() => watched.ends).toMatchObject([{ code: 'UNAUTHENTICATED' }])
    answer()
    expect(await paying).toMatchObject({ outcome: 'REFUSED', code: 'UNAUTHENTICATED', paymentSn: sn })
    expect(phone.fake.openSockets()).toBe(0)
  })

  test('watchPayment() ends with NOT_FOUND for a payment that is not this guest’s', async ({ app, phone }) => {
    await givenOpenSheet(phone)
    const { sn } = await app.deps.db.payment.findFirstOrThrow()
    const watched = watch(phone, `${sn.slice(0, -1)}_`)

    await expect.poll(() => watched.ends).toMatchObject([{ code: 'NOT_FOUND' }])
  })
})

describe('a process that stops', () => {
  test('the client goes on at another process, and misses nothing that happened in between', async ({
    app,
    graphql,
    phone,
  }) => {
    const { option } = await givenOpenSheet(phone)
    phone.client.close()
    const { sn } = await app.deps.db.payment.findFirstOrThrow()
    const balancer = await openBalancer(graphql)
    const watched = watch({ client: phone.createClient({ url: balancer.url }) }, sn)
    await expect.poll(watched.statuses).toEqual(['PENDING'])

    const other = await serveGraphql(app.deps)
    balancer.hold()
    await graphql.server.close()
    await phone.confirm(option)
    await whenPayment(app.deps, sn, 'SUCCESS')
    expect(watched.statuses()).toEqual(['PENDING'])
    balancer.leadTo(other)

    await expect.poll(watched.statuses).toEqual(['PENDING', 'SUCCESS'])
    app.sandbox.refundManually({ outTradeNo: sn })
    await expect.poll(watched.statuses).toEqual(['PENDING', 'SUCCESS', 'REFUNDED'])
    expect(watched.ends).toEqual([null])
    await other.close()
  })
})

/** What stands before the processes of an API, and leads to one of them. */
async function openBalancer(first: RunningGraphql) {
  let leading = Promise.withResolvers<RunningGraphql>()
  leading.resolve(first)
  const balancer = createServer((request, response) => {
    void leading.promise.then(({ server }) => server.handleRequest(request, response))
  })
  balancer.on('upgrade', (request, socket, head) => {
    void leading.promise.then(({ server }) => server.handleUpgrade(request, socket, head))
  })
  const port = await listen(balancer)
  onTestFinished(() => balancer.close().closeAllConnections())
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    /** New connections wait. */
    hold() {
      leading = Promise.withResolvers()
    },
    leadTo: (next: RunningGraphql) => leading.resolve(next),
  }
}

describe('a socket that lived long enough', () => {
  test.override({ env: { LIMIT_SOCKET_LIFETIME_SECONDS: '3' } })

  test('is closed by the server, and the client connects again and misses nothing', async ({ app, phone }) => {
    const { option } = await givenOpenSheet(phone)
    const { sn } = await app.deps.db.payment.findFirstOrThrow()
    const watched = watch(phone, sn)
    await expect.poll(() => phone.fake.socketAttempts()).toBeGreaterThanOrEqual(2)
    await phone.confirm(option)
    await whenPayment(app.deps, sn, 'SUCCESS')
    app.sandbox.refundManually({ outTradeNo: sn })
    await expect.poll(() => watched.statuses().at(-1)).toBe('REFUNDED')
    expect(watched.ends).toEqual([null])
  })
})
