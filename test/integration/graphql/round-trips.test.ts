import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { bookingOf } from '../../harness/booking.ts'
import { openDatabases } from '../../harness/connections.ts'
import { freshOrder, givenHomestay } from '../../harness/fixtures.ts'
import { openTestGraphql } from '../../harness/graphql.ts'
import { countRoundTrips } from '../../harness/round-trips.ts'

const BOOK = `mutation ($input: CreateHomestayOrderInput!) {
  createHomestayOrder(input: $input) { __typename ... on HomestayOrder { sn tradeState orderTotalPrice payBefore } }
}`
const TAP = 'mutation ($sn: ID!) { wxPay(input: { orderSn: $sn }) { __typename ... on WxPayParams { paymentSn } } }'
const CONSENT = `mutation ($sn: ID!, $accepted: [String!]!) {
  recordMessageConsent(input: { orderSn: $sn, accepted: $accepted }) { __typename ... on HomestayOrder { sn } }
}`
const ME = '{ me { id } }'

/** The app's GraphQL server, whose every statement is counted, that of the session too. */
async function openCounted(app: TestApp) {
  const trips = await countRoundTrips(app.databaseUrl)
  const { databases, close } = openDatabases(trips.url, app.deps.log)
  const graphql = await openTestGraphql({ ...app.deps, ...databases })
  const finish = async () => {
    await graphql.close()
    await close()
  }
  return { trips, graphql, finish }
}

describe('the round trips to the database', () => {
  test('of a booking are three at most, the session’s included, and two when its key comes again', async ({ app }) => {
    const { trips, graphql, finish } = await openCounted(app)
    const guest = await graphql.signIn('o_guest')
    await guest.run(ME)
    const input = bookingOf(await givenHomestay(app), { idempotencyKey: 'key-1' })
    const book = async () => {
      expect(await guest.mutate(BOOK, { input })).toMatchObject({ tradeState: 'WAIT_PAY' })
    }

    expect(await trips.during(book)).toBeLessThanOrEqual(3)
    expect(await trips.during(book)).toBeLessThanOrEqual(2)
    await finish()
  })

  test('of a tap are four at most, the session’s included, and two when it comes again', async ({ app }) => {
    const { trips, graphql, finish } = await openCounted(app)
    const booked = await freshOrder(app)
    const guest = await graphql.as(booked.guest)
    await guest.run(ME)
    const tap = async () => {
      expect(await guest.mutate(TAP, { sn: booked.order.sn })).toMatchObject({ __typename: 'WxPayParams' })
    }

    expect(await trips.during(tap)).toBeLessThanOrEqual(4)
    expect(await trips.during(tap)).toBeLessThanOrEqual(2)
    await finish()
  })

  test('of an answer about messages are four at most, the session’s included', async ({ app }) => {
    const { trips, graphql, finish } = await openCounted(app)
    const booked = await freshOrder(app)
    const guest = await graphql.as(booked.guest)
    await guest.run(ME)
    const accepted = Object.values(app.sandbox.credentials.templates)
    const answer = async () => {
      expect(await guest.mutate(CONSENT, { sn: booked.order.sn, accepted })).toMatchObject({ sn: booked.order.sn })
    }

    expect(await trips.during(answer)).toBeLessThanOrEqual(4)
    await finish()
  })

  test('are counted', async ({ app }) => {
    const { trips, graphql, finish } = await openCounted(app)
    const guest = await graphql.signIn('o_guest')
    expect(await trips.during(() => guest.run(ME))).toBeGreaterThan(0)
    await finish()
  })
})
