import { getNamedType, isLeafType, isObjectType } from 'graphql'
import { asksDatabase } from '../../../src/graphql/asks-database.ts'
import { schema } from '../../../src/http/graphql/schema.ts'
import { describe, expect } from '../../harness/app.ts'
import { givenGuest, givenOrder, givenPaid } from '../../harness/fixtures.ts'
import { countingReads, openTestGraphql, test } from '../../harness/graphql.ts'

/** How a query comes to rows of each type whose fields could read the database: to as many as there are. */
const REACHED: Record<string, (fields: string) => string> = {
  User: (fields) => `{ me { ${fields} } }`,
  Homestay: (fields) => `{ homestays { edges { node { ${fields} } } } }`,
  HomestayOrder: (fields) => `{ homestayOrders { edges { node { ${fields} } } } }`,
  Payment: (fields) => `{ homestayOrders { edges { node { payment { ${fields} } } } } }`,
  OrderMessage: (fields) => `{ homestayOrders { edges { node { messages { ${fields} } } } } }`,
  MessageTemplate: (fields) => `{ messageTemplates { ${fields} } }`,
}

/** What resolvers return whole, and errors besides. */
const WHOLE = /^(Session|WxPayParams|HomestayNight|InvalidField|PageInfo|Query\w+Connection(Edge)?|\w+Error)$/

const objectTypes = Object.values(schema.getTypeMap()).filter(isObjectType)
const isRoot = ({ name }: { name: string }) => ['Query', 'Mutation', 'Subscription'].includes(name)
const types = objectTypes.filter((type) => !isRoot(type) && !type.name.startsWith('__'))

const select = (name: string, type: Parameters<typeof getNamedType>[0]) =>
  isLeafType(getNamedType(type)) ? name : `${name} { __typename }`

describe('the fields that ask the database', () => {
  test('knows of each type of the schema how its fields are checked', () => {
    const unknown = types.filter(({ name }) => !(name in REACHED) && !WHOLE.test(name))
    expect(unknown.map(({ name }) => name)).toEqual([])
  })

  test('marks each field that asks the database, and none of them asks row by row', async ({ app }) => {
    const guest = await givenGuest(app)
    for (const _order of [1, 2, 3]) await givenPaid(app, await givenOrder(app, { guest }))
    const { deps, reads } = countingReads(app.deps)
    const counted = await openTestGraphql(deps)
    const client = await counted.as(guest)
    const countReads = async (query: string) => {
      reads.length = 0
      await client.run(query)
      return reads.length
    }

    const found: Record<string, number> = {}
    const marked: Record<string, number> = {}
    for (const type of types) {
      const reach = REACHED[type.name]
      const before = reach ? await countReads(reach('__typename')) : 0
      for (const field of Object.values(type.getFields())) {
        const name = `${type.name}.${field.name}`
        marked[name] = asksDatabase(field, { isRoot: false }) ? 1 : 0
        found[name] = reach ? (await countReads(reach(select(field.name, field.type)))) - before : 0
      }
    }
    const before = await countReads('{ __typename }')
    for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) {
      if (asksDatabase(field, { isRoot: true })) continue
      marked[`Query.${field.name}`] = 0
      found[`Query.${field.name}`] = (await countReads(`{ ${select(field.name, field.type)} }`)) - before
    }
    await counted.close()
    expect(found).toEqual(marked)
    expect(Object.values(marked).filter((times) => times > 0).length).toBeGreaterThan(0)
  })
})
