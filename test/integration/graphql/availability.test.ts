import { describe, expect } from '../../harness/app.ts'
import { bookNights } from '../../harness/booking.ts'
import { openDatabases } from '../../harness/connections.ts'
import { dayFromNow, givenGuest, givenHomestay } from '../../harness/fixtures.ts'
import { openTestGraphql, test } from '../../harness/graphql.ts'
import { countRoundTrips } from '../../harness/round-trips.ts'

const AVAILABILITY = `query ($id: ID!, $from: Date!, $to: Date!) {
  homestayAvailability(id: $id, from: $from, to: $to) { date free homestayPrice }
}`

describe('homestayAvailability', () => {
  test('answers each night with its price, and whether it is free, to anybody', async ({ app, graphql }) => {
    const homestay = await givenHomestay(app)
    await bookNights(app, { guest: await givenGuest(app), homestay, from: 11 })
    const range = { from: dayFromNow(10), to: dayFromNow(13) }
    const night = { homestayPrice: 12_800 }
    expect(await graphql.anonymous.run(AVAILABILITY, { id: homestay.id, ...range })).toEqual({
      homestayAvailability: [
        { date: dayFromNow(10), free: true, ...night },
        { date: dayFromNow(11), free: false, ...night },
        { date: dayFromNow(12), free: true, ...night },
      ],
    })
    const { id: hidden } = await givenHomestay(app, { onShelf: false })
    for (const id of [hidden, 'nothing']) {
      expect(await graphql.anonymous.run(AVAILABILITY, { id, ...range })).toEqual({ homestayAvailability: null })
    }
  })

  for (const [what, from, to] of [
    ['is empty', 3, 3],
    ['is turned round', 4, 3],
    ['has 93 nights', 0, 93],
  ] as const) {
    test(`answers BAD_USER_INPUT to a range that ${what}`, async ({ app, graphql }) => {
      const { id } = await givenHomestay(app)
      const { errors } = await graphql.anonymous.send(AVAILABILITY, { id, from: dayFromNow(from), to: dayFromNow(to) })
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    })
  }

  test('is one statement, of 92 nights too', async ({ app }) => {
    const { id } = await givenHomestay(app)
    const trips = await countRoundTrips(app.databaseUrl)
    const { databases, close } = openDatabases(trips.url, app.deps.log)
    const graphql = await openTestGraphql({ ...app.deps, ...databases })
    const read = () => graphql.anonymous.run(AVAILABILITY, { id, from: dayFromNow(0), to: dayFromNow(92) })
    await read()

    expect(await trips.during(read)).toBe(1)
    await graphql.close()
    await close()
  })
})
