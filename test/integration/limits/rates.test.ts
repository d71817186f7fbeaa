import { setImmediate } from 'node:timers/promises'
import { openRates } from '../../../src/http/limits/rates.ts'
import { startSession } from '../../../src/user/session.ts'
import { describe, expect, type TestApp } from '../../harness/app.ts'
import { dayFromNow, givenGuest, givenHomestay, givenOrder, givenPaid, givenTapped } from '../../harness/fixtures.ts'
import { test } from '../../harness/graphql.ts'
import { openEventStream, openSocket, subscribe } from '../../harness/graphql-client.ts'
import { whileLocked } from '../../harness/race.ts'

const SECONDS = expect.toSatisfy(
  (seconds: unknown) => Number.isInteger(seconds) && Number(seconds) >= 1 && Number(seconds) <= 60,
)
const REFUSED = {
  code: 'RATE_LIMITED',
  retryAfterSeconds: SECONDS,
  message: expect.stringMatching(/Try again in \d+ s/),
}
const LIMITED = { __typename: 'RateLimitedError', ...REFUSED }
const TOP_LEVEL = [{ message: REFUSED.message, extensions: { code: 'RATE_LIMITED', retryAfterSeconds: SECONDS } }]

const FAILURE = `... on Error { code message } ... on RateLimitedError { retryAfterSeconds }`
const SIGN_IN = `mutation ($code: String!) { wxLogin(input: { code: $code }) { __typename ${FAILURE} } }`
const BOOK = `mutation ($input: CreateHomestayOrderInput!) { createHomestayOrder(input: $input) { __typename ${FAILURE} } }`
const PAY = `mutation ($sn: ID!) { wxPay(input: { orderSn: $sn }) { __typename ${FAILURE} } }`
const CANCEL = `mutation ($sn: ID!) { cancelHomestayOrder(input: { sn: $sn }) { __typename ${FAILURE} } }`
const REFUND = `mutation ($sn: ID!) { refundHomestayOrder(input: { sn: $sn }) { __typename ${FAILURE} } }`
const REDEEM = `mutation ($code: String!) { redeemTradeCode(input: { tradeCode: $code }) { __typename ${FAILURE} } }`
const CONSENT = `mutation ($sn: ID!) {
  recordMessageConsent(input: { orderSn: $sn, accepted: [] }) { __typename ${FAILURE} }
}`
const REFRESH = `mutation { refreshSession { __typename } }`
const READ = `{ me { id } }`
const WATCH = `subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { status } }`

/** Two of each kind a minute. */
const TWO_EACH = {
  RATE_LIMIT_FACTOR: '1',
  LIMIT_SIGN_INS_PER_ADDRESS_MINUTE: '2',
  LIMIT_REFRESHES_PER_USER_MINUTE: '2',
  LIMIT_BOOKINGS_PER_USER_MINUTE: '2',
  LIMIT_PAYMENTS_PER_USER_MINUTE: '2',
  LIMIT_REDEMPTIONS_PER_USER_MINUTE: '2',
  LIMIT_CONSENTS_PER_USER_MINUTE: '2',
  LIMIT_READS_PER_USER_MINUTE: '2',
}

const refusals = async ({ deps }: TestApp, limit: string) =>
  (await deps.metrics.limitRefusals.get()).values.find(({ labels }) => labels.limit === limit)?.value

const stay = (homestayId: string) => ({
  input: { homestayId, liveStartDate: dayFromNow(3), liveEndDate: dayFromNow(4), livePeopleNum: 1 },
})

describe('a rate limit', () => {
  test.override({ env: TWO_EACH })

  test('refuses the third sign-in of an address, whoever signs in', async ({ app, graphql }) => {
    for (const name of ['o_one', 'o_two']) {
      expect(await graphql.anonymous.mutate(SIGN_IN, { code: `code-${name}` })).toEqual({ __typename: 'Session' })
    }
    expect(await graphql.anonymous.mutate(SIGN_IN, { code: 'code-o_three' })).toEqual(LIMITED)
    expect(await app.deps.db.user.count()).toBe(2)
    expect(await refusals(app, 'signInsPerAddressMinute')).toBe(1)
  })

  test('refuses the third booking of a user, and nobody else’s', async ({ app, graphql }) => {
    const homestay = await givenHomestay(app)
    const guest = await graphql.as(await givenGuest(app))
    for (const __typename of ['HomestayOrder', 'HomestayUnavailableError']) {
      expect(await guest.mutate(BOOK, stay(homestay.id))).toMatchObject({ __typename })
    }
    expect(await guest.mutate(BOOK, stay(homestay.id))).toEqual(LIMITED)
    const another = await graphql.as(await givenGuest(app, 'o_another'))
    expect(await another.mutate(BOOK, stay(homestay.id))).toMatchObject({ __typename: 'HomestayUnavailableError' })
    expect(await refusals(app, 'bookingsPerUserMinute')).toBe(1)
  })

  test('counts taps, cancellations and refunds together', async ({ app, graphql }) => {
    const { guest, order } = await givenPaid(app)
    const client = await graphql.as(guest)
    expect(await client.mutate(PAY, order)).toMatchObject({ __typename: 'OrderAlreadyPaidError' })
    expect(await client.mutate(CANCEL, order)).toMatchObject({ __typename: 'OrderNotCancellableError' })
    for (const change of [REFUND, PAY, CANCEL]) expect(await client.mutate(change, order)).toEqual(LIMITED)
    expect(await app.deps.db.refund.count()).toBe(0)
    expect(await refusals(app, 'paymentsPerUserMinute')).toBe(3)
  })

  test('refuses the third answer about messages, and a payment never waits for one', async ({ app, graphql }) => {
    const { guest, order } = await givenOrder(app)
    const client = await graphql.as(guest)
    for (const _ of [1, 2]) expect(await client.mutate(CONSENT, order)).toEqual({ __typename: 'HomestayOrder' })
    expect(await client.mutate(CONSENT, order)).toEqual(LIMITED)
    expect(await client.mutate(PAY, order)).toEqual({ __typename: 'WxPayParams' })
    expect(await refusals(app, 'consentsPerUserMinute')).toBe(1)
  })

  test('refuses the third redemption of a host', async ({ app, graphql }) => {
    const { hostUserId, order } = await givenPaid(app)
    const host = await graphql.as({ id: hostUserId })
    for (const __typename of ['HomestayOrder', 'TradeCodeInvalidError']) {
      expect(await host.mutate(REDEEM, { code: order.tradeCode })).toMatchObject({ __typename })
    }
    expect(await host.mutate(REDEEM, { code: order.tradeCode })).toEqual(LIMITED)
    expect(await refusals(app, 'redemptionsPerUserMinute')).toBe(1)
  })

  test('refuses the third refresh of a user by a top-level error; the session goes on', async ({ app, graphql }) => {
    const user = await givenGuest(app)
    for (let session = 1; session <= 2; session++) {
      expect(await (await graphql.as(user)).send(REFRESH)).toMatchObject({ data: { refreshSession: {} } })
    }
    const third = await graphql.as(user)
    expect((await third.send(REFRESH)).errors).toMatchObject(TOP_LEVEL)
    expect(await third.run(READ)).toEqual({ me: { id: user.id } })
    expect(await refusals(app, 'refreshesPerUserMinute')).toBe(1)
  })

  test('refuses the third read of a user by a top-level error without data, and nobody else’s', async ({
    app,
    graphql,
  }) => {
    const user = await givenGuest(app)
    const client = await graphql.as(user)
    for (let read = 1; read <= 2; read++) expect(await client.run(READ)).toEqual({ me: { id: user.id } })
    const third = await client.send(READ)
    expect(third).toMatchObject({ status: 200, errors: TOP_LEVEL })
    expect(third.data).toBeUndefined()
    const another = await graphql.as(await givenGuest(app, 'o_another'))
    expect(await another.run(READ)).toMatchObject({ me: {} })
    for (let read = 1; read <= 3; read++) expect(await graphql.anonymous.run(READ)).toEqual({ me: null })
    expect(await refusals(app, 'readsPerUserMinute')).toBe(1)
  })

  test('counts what is read over a socket, and the streams that are started, as reads', async ({ app, graphql }) => {
    const { guest, payment } = await givenTapped(app)
    const { accessToken } = await startSession(app.deps, { userId: guest.id })
    const socket = openSocket(graphql.url, accessToken)
    const read = subscribe(socket, READ)
    await expect.poll(read.state).toBe('complete')
    expect(read.received).toEqual([{ data: { me: { id: guest.id } } }])
    const stream = subscribe(socket, WATCH, { sn: payment.sn })
    await expect.poll(() => stream.received).toEqual([{ data: { paymentStatusChanged: { status: 'PENDING' } } }])

    const another = subscribe(socket, WATCH, { sn: payment.sn })
    await expect.poll(another.state).not.toBe('open')
    expect(JSON.stringify([another.received, another.state()])).toContain('"code":"RATE_LIMITED","retryAfterSeconds"')
    const events = await openEventStream(graphql.url, WATCH, { variables: { sn: payment.sn }, accessToken })
    await expect.poll(events.state).not.toBe('open')
    expect(JSON.stringify(events.received)).toContain('"code":"RATE_LIMITED","retryAfterSeconds"')
    expect(stream.state()).toBe('open')
    await socket.dispose()
  })

  test('is multiplied by RATE_LIMIT_FACTOR', async ({ app }) => {
    const rates = openRates({ ...app.deps, config: { ...app.deps.config, rateLimitFactor: 1.5 } })
    for (let call = 1; call <= 3; call++) await rates.count('readsPerUserMinute', 'a user')
    await expect(rates.count('readsPerUserMinute', 'a user')).rejects.toMatchObject(REFUSED)
  })
})

describe('the lock after wrong entry codes', () => {
  test('is answered by RateLimitedError with the seconds to wait', async ({ app, graphql }) => {
    const host = await graphql.as({ id: (await givenHomestay(app)).hostUserId })
    const redeem = () => host.mutate<{ retryAfterSeconds: number }>(REDEEM, { code: 'WRZNG222' })
    for (let tries = 1; tries <= 5; tries++) expect(await redeem()).toMatchObject({ code: 'TRADE_CODE_INVALID' })
    const refused = await redeem()
    expect(refused).toMatchObject({ __typename: 'RateLimitedError', code: 'RATE_LIMITED' })
    expect(refused.retryAfterSeconds).toBeGreaterThan(60)
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(900)
  })
})

describe('a booking', () => {
  test.override({ env: { RATE_LIMIT_FACTOR: '1' } })

  test('waits while another of the same user is in hand, and goes on for others', async ({ app, graphql }) => {
    const guest = await givenGuest(app)
    const [first, second] = [await graphql.as(guest), await graphql.as(guest)]
    const another = await graphql.as(await givenGuest(app, 'o_another'))
    const { id } = await givenHomestay(app)
    const lock = { table: 'user', key: guest.id, strength: 'NO KEY UPDATE' } as const
    const [inHand, waiting] = await whileLocked(app, lock, async (waiters) => {
      const both = [first.mutate(BOOK, stay(id))]
      await waiters(1)
      both.push(second.mutate(BOOK, stay(id)))
      // Had the second not waited for the first, it would wait for the lock by now.
      expect(await another.mutate(BOOK, stay(id))).toEqual({ __typename: 'HomestayOrder' })
      await waiters(1)
      return () => Promise.all(both)
    })
    expect(inHand).toMatchObject({ __typename: 'HomestayUnavailableError' })
    expect(waiting).toMatchObject({ __typename: 'HomestayUnavailableError' })
  })

  test('waits for its turn, whatever became of those before it', async ({ app }) => {
    const rates = openRates(app.deps)
    let running = 0
    const book = async () => {
      running += 1
      expect(running).toBe(1)
      await setImmediate()
      running -= 1
      throw new Error('refused')
    }
    const booked = await Promise.allSettled(Array.from({ length: 5 }, () => rates.bookInTurn('guest', book)))
    expect(booked.map(({ status, ...rest }) => [status, 'reason' in rest && String(rest.reason)])).toEqual(
      Array.from({ length: 5 }, () => ['rejected', 'Error: refused']),
    )
  })
})
