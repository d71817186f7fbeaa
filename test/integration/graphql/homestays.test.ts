import { seed } from '../../../prisma/seed.ts'
import { describe, expect } from '../../harness/app.ts'
import { givenHomestay } from '../../harness/fixtures.ts'
import { countingReads, openTestGraphql, test } from '../../harness/graphql.ts'

const PAGE = `query ($first: Int, $after: String, $last: Int, $before: String) {
  homestays(first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { id title } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`

interface Page {
  homestays: {
    edges: { cursor: string; node: { id: string; title: string } }[]
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
  }
}

const idsOf = ({ homestays }: Page) => homestays.edges.map(({ node }) => node.id)

describe('homestays', () => {
  test('lists only homestays on the shelf, newest first', async ({ app, graphql }) => {
    const { businessId, id: first } = await givenHomestay(app)
    const { id: second } = await givenHomestay(app)
    await givenHomestay(app, { onShelf: false })
    const { id: oldest } = await givenHomestay(app, { businessId, createdAt: new Date('2020-01-01') })

    expect(idsOf(await graphql.anonymous.run<Page>(PAGE))).toEqual([second, first, oldest])
  })

  test('returns 20 homestays a page by default', async ({ app, graphql }) => {
    await seed(app.deps.db)
    for (let index = 0; index < 9; index++) await givenHomestay(app)

    const { homestays } = await graphql.anonymous.run<Page>(PAGE)
    expect(homestays.edges).toHaveLength(20)
    expect(homestays.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
  })

  test('pages forwards and backwards over each homestay once, even those created at the same moment', async ({
    app,
    graphql,
  }) => {
    await seed(app.deps.db)
    const whole = idsOf(await graphql.anonymous.run<Page>(PAGE, { first: 100 }))

    const forwards: string[][] = []
    for (let after: string | undefined; ; ) {
      const page: Page = await graphql.anonymous.run<Page>(PAGE, { first: 5, after })
      forwards.push(idsOf(page))
      if (!page.homestays.pageInfo.hasNextPage) break
      after = page.homestays.pageInfo.endCursor
    }
    const backwards: string[][] = []
    for (let before: string | undefined; ; ) {
      const page: Page = await graphql.anonymous.run<Page>(PAGE, { last: 5, before })
      backwards.unshift(idsOf(page))
      if (!page.homestays.pageInfo.hasPreviousPage) break
      before = page.homestays.pageInfo.startCursor
    }
    expect(whole).toHaveLength(12)
    expect(forwards.map(({ length }) => length)).toEqual([5, 5, 2])
    expect(forwards.flat()).toEqual(whole)
    expect(backwards.map(({ length }) => length)).toEqual([2, 5, 5])
    expect(backwards.flat()).toEqual(whole)
  })

  test('repeats no homestay on the next page when a newer one appears', async ({ app, graphql }) => {
    await seed(app.deps.db)
    const first = await graphql.anonymous.run<Page>(PAGE, { first: 3 })
    await givenHomestay(app)
    const second = await graphql.anonymous.run<Page>(PAGE, { first: 3, after: first.homestays.pageInfo.endCursor })

    expect(idsOf(first).some((id) => idsOf(second).includes(id))).toBe(false)
  })

  for (const [what, variables] of [
    ['a size over 100', { first: 101 }],
    ['a negative size', { last: -1 }],
    ['two sizes', { first: 1, last: 1 }],
    ['a malformed cursor', { after: 'nonsense' }],
    ['a cursor of another kind', { before: Buffer.from('["2026-01-01T00:00:00Z",7]').toString('base64url') }],
    ['a cursor with a NUL', { after: Buffer.from('["2026-01-01T00:00:00Z","\\u0000"]').toString('base64url') }],
  ] as const) {
    test(`answers BAD_USER_INPUT to a page of homestays with ${what}`, async ({ graphql }) => {
      const { errors } = await graphql.anonymous.send(PAGE, variables)
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    })
  }

  test('returns a homestay on the shelf with its fields, and null for any other', async ({ app, graphql }) => {
    const { id } = await givenHomestay(app)
    const { id: hidden } = await givenHomestay(app, { onShelf: false })
    const query = `query ($id: ID!) {
      homestay(id: $id) {
        id title subTitle cover info peopleNum pricedBy homestayPrice marketHomestayPrice foodInfo foodPrice
      }
    }`

    expect(await graphql.anonymous.run(query, { id })).toEqual({
      homestay: {
        id,
        title: '西湖边的小院',
        subTitle: '步行到断桥',
        cover: 'https://example.com/cover.jpg',
        info: '两室一厅',
        peopleNum: 4,
        pricedBy: 'NIGHT',
        homestayPrice: 12_800,
        marketHomestayPrice: 16_800,
        foodInfo: '早餐',
        foodPrice: 3_000,
      },
    })
    expect(await graphql.anonymous.run(query, { id: hidden })).toEqual({ homestay: null })
    expect(await graphql.anonymous.run(query, { id: 'nothing' })).toEqual({ homestay: null })
  })

  test('reads a page of homestays by one query', async ({ app }) => {
    await seed(app.deps.db)
    const { deps, reads } = countingReads(app.deps)
    const graphql = await openTestGraphql(deps)
    reads.length = 0
    await graphql.anonymous.run<Page>(PAGE, { first: 10 })
    await graphql.close()

    expect(reads).toEqual(['Homestay.findMany'])
  })
})

describe('the demo data', () => {
  test('inserts the demo data once, however often and concurrently it is seeded', async ({ app }) => {
    await Promise.all([seed(app.deps.db), seed(app.deps.db)])
    await seed(app.deps.db)

    expect(await app.deps.db.homestayBusiness.count()).toBe(3)
    expect(await app.deps.db.homestay.count()).toBe(12)
    const owned = await app.deps.db.wechatIdentity.findMany({
      where: { openid: 'o_demo_host' },
      select: { user: { select: { businesses: { select: { homestays: true } } } } },
    })
    expect(owned).toHaveLength(1)
    expect(owned[0]?.user.businesses.flatMap(({ homestays }) => homestays).length).toBeGreaterThanOrEqual(8)
  })

  test('seeding again keeps later changes of the demo data', async ({ app }) => {
    await seed(app.deps.db)
    await app.deps.db.homestay.updateMany({ data: { homestayPrice: 1 } })
    await seed(app.deps.db)

    expect(await app.deps.db.homestay.count({ where: { homestayPrice: 1 } })).toBe(12)
  })
})
