import { MeDocument } from '../../../client/src/pay-client.ts'
import { describe, expect, type TestApp } from '../../harness/app.ts'
import { whenPayment } from '../../harness/fixtures.ts'
import { heldSheet, openHttpProxy, type Phone, test, watch } from './phone.ts'

/** A client that looks after its session itself, on the guest's phone. */
function openSigningIn({ createClient, fake, guest }: Phone, options: Parameters<Phone['createClient']>[0] = {}) {
  let logins = 0
  fake.onLogin = async () => {
    logins += 1
    return `code-${guest.nickname}`
  }
  return { client: createClient({ token: undefined, ...options }), logins: () => logins }
}

/** Ends every session, as when the guest logged out everywhere on another phone. */
async function endSessions({ deps }: TestApp): Promise<void> {
  const live = await deps.db.session.findMany({ where: { revokedAt: null } })
  await deps.db.session.updateMany({ data: { revokedAt: new Date() } })
  deps.pubsub.publishEndedSessions(live.map(({ id }) => id))
}

/** A payment watched by a client that signed in by itself; its pay sheet stays open. */
async function givenWatched(app: TestApp, phone: Phone, options?: Parameters<Phone['createClient']>[0]) {
  const { client, logins } = openSigningIn(phone, options)
  const sheet = heldSheet()
  phone.fake.onPaySheet = sheet.onPaySheet
  const paying = client.pay(phone.order.sn)
  const option = await sheet.shown
  const { sn } = await app.deps.db.payment.findFirstOrThrow()
  const watched = watch({ client }, sn)
  await expect.poll(watched.statuses).toEqual(['PENDING'])
  return { client, logins, paying, option, sn, watched }
}

describe('a client without `token`', () => {
  test('signs in when the server first asks who is there, and pays', async ({ phone }) => {
    const { client, logins } = openSigningIn(phone)
    phone.fake.onPaySheet = phone.confirm

    expect(await client.pay(phone.order.sn)).toMatchObject({ outcome: 'PAID' })
    expect(logins()).toBe(1)
    expect(phone.fake.storage.size).toBe(1)
  })

  test('signs in again, once, when the session ends under an open socket, and misses nothing', async ({
    app,
    phone,
  }) => {
    const { logins, paying, option, watched } = await givenWatched(app, phone)
    await endSessions(app)
    await expect.poll(logins).toBe(2)
    await phone.confirm(option)

    expect(await paying).toMatchObject({ outcome: 'PAID' })
    await expect.poll(watched.statuses).toEqual(['PENDING', 'SUCCESS'])
    expect(watched.ends).toEqual([])
    expect(logins()).toBe(2)
  })

  test('signs in again, once, when the session ends under an open event stream, and misses nothing', async ({
    app,
    graphql,
    phone,
  }) => {
    const proxy = await openHttpProxy(graphql)
    const { logins, option, sn, watched } = await givenWatched(app, phone, { url: proxy.url })
    await expect.poll(() => phone.fake.openStreams()).toBeGreaterThan(0)
    await endSessions(app)
    await expect.poll(logins).toBe(2)
    await phone.confirm(option)
    await whenPayment(app.deps, sn, 'SUCCESS')

    await expect.poll(watched.statuses).toEqual(['PENDING', 'SUCCESS'])
    expect(watched.ends).toEqual([])
    expect(logins()).toBe(2)
    proxy.close()
  })

  test('signs in again, once, when the session ends while it polls, and misses nothing', async ({ app, phone }) => {
    phone.fake.wx.connectSocket = () => {
      throw new Error('connectSocket:fail url not in domain list')
    }
    const { request } = phone.fake.wx
    phone.fake.wx.request = (option) => {
      const { onChunkReceived: _none, ...task } = request(option)
      return task
    }
    const { logins, option, sn, watched } = await givenWatched(app, phone)
    await endSessions(app)
    await expect.poll(logins).toBe(2)
    await phone.confirm(option)
    await whenPayment(app.deps, sn, 'SUCCESS')

    await expect.poll(watched.statuses).toEqual(['PENDING', 'SUCCESS'])
    expect(watched.ends).toEqual([])
    expect(logins()).toBe(2)
  })

  test('refreshes its session when that is due, and two pages of an app that do so at once both go on', async ({
    app,
    phone,
  }) => {
    const first = openSigningIn(phone)
    await first.client.login()
    const [[key = '', text = ''] = []] = phone.fake.storage
    phone.fake.storage.set(key, JSON.stringify({ ...(JSON.parse(text) as object), refreshAt: Date.now() }))
    const pages = [phone.createClient({ token: undefined }), phone.createClient({ token: undefined })]
    const answers = await Promise.all(pages.map((page) => page.request(MeDocument, {})))

    const me = { ok: true, data: { me: { nickname: phone.guest.nickname } } }
    expect(answers).toMatchObject([me, me])
    expect(await app.deps.db.session.count({ where: { revokedAt: { not: null } } })).toBe(1)
    expect(await Promise.all(pages.map((page) => page.request(MeDocument, {})))).toMatchObject([me, me])
  })

  test('ends its session on the server when the guest logs out', async ({ app, phone }) => {
    const { client } = openSigningIn(phone)
    await client.login()
    const before = await app.deps.db.session.count({ where: { revokedAt: null } })

    expect(await client.logout()).toEqual({ ok: true, data: null })
    expect(await app.deps.db.session.count({ where: { revokedAt: null } })).toBe(before - 1)
    expect(await client.request(MeDocument, {})).toEqual({ ok: true, data: { me: null } })
  })
})
