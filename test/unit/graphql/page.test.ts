import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeCursor, encodeCursor, findPage, type PageQuery, type Position } from '../../../src/graphql/page.ts'

describe('a cursor', () => {
  test('decodes a cursor to the position that it was made from', () => {
    const position = fc.record({
      createdAt: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
      key: fc.string({ minLength: 1, maxLength: 64 }).filter((key) => !key.includes('\0')),
    })
    fc.assert(
      fc.property(position, (given) => {
        expect(decodeCursor(encodeCursor(given))).toEqual(given)
      }),
    )
  })

  test('refuses a cursor that isn’t one of ours as bad input', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => decodeCursor(text)).toThrow(
          expect.objectContaining({ extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }) }),
        )
      }),
    )
  })

  test('refuses a cursor with an instant that PostgreSQL doesn’t have as bad input', () => {
    const cursor = Buffer.from(JSON.stringify(['0000-01-01T00:00:00Z', 'key'])).toString('base64url')
    expect(() => decodeCursor(cursor)).toThrow('This cursor isn’t one of ours')
  })
})

describe('a page', () => {
  test('reads one row more than a page shows, to know whether there is another page', async () => {
    const rows = [3, 2, 1].map((key) => ({ key: String(key), createdAt: new Date(key) }))
    const page = await findPage(
      { first: 2 },
      async ({ take, direction }) => {
        expect([take, direction]).toEqual([3, 'desc'])
        return rows
      },
      (row) => row,
    )
    expect(page.edges.map(({ node }) => node?.key)).toEqual(['3', '2'])
    expect(page.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
  })

  test('returns an empty page when there are no rows', async () => {
    const page = await findPage(
      { first: 0 },
      async () => [],
      (row: { key: string; createdAt: Date }) => row,
    )
    expect(page).toMatchObject({ edges: [], pageInfo: { hasNextPage: false } })
  })

  test.each(['after', 'before'] as const)(
    'treats an empty %s cursor, which an empty page has, as none',
    async (side) => {
      const asked: PageQuery[] = []
      const find = async (query: PageQuery) => {
        asked.push(query)
        return []
      }
      const empty = await findPage({}, find, (row: Position) => row)
      await findPage({ [side]: empty.pageInfo.endCursor }, find, (row: Position) => row)
      expect(asked[1]).toEqual(asked[0])
    },
  )
})
