import { readdirSync, readFileSync } from 'node:fs'
import { type DocumentNode, getIntrospectionQuery, isLeafType, isObjectType, Kind, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { readLimits } from '../../../src/config/limits.ts'
import { createReader } from '../../../src/config/reader.ts'
import { createCostCheck } from '../../../src/http/graphql/document-rules.ts'
import { schema } from '../../../src/http/graphql/schema.ts'

const limits = readLimits(createReader({}))
const checkCosts = createCostCheck({ limits, onRefusal: () => {} })

const refusals = (query: string) =>
  checkCosts(schema, parse(query)).map(({ message, extensions }) => [extensions['code'], message])

const tooManyFields = [['BAD_USER_INPUT', expect.stringContaining(`${limits.documentFields} fields`)]]
const tooManyReads = [['BAD_USER_INPUT', expect.stringMatching(/^An operation holds 10 fields/)]]
const tooManyMutations = [['BAD_USER_INPUT', expect.stringMatching(/^An operation holds 10 mutations/)]]

/** Every field of a type that has none below it. */
function leavesOf(typeName: string): string {
  const type = schema.getType(typeName)
  if (!isObjectType(type)) throw new Error(`${typeName} is no object type`)
  const leaves = Object.values(type.getFields()).filter((field) => isLeafType(schema.getType(bare(field.type))))
  return leaves.map(({ name }) => name).join(' ')
}

/** Every field of a type and of those below it, as clients ask for them that add `__typename` everywhere. */
function everythingOf(typeName: string): string {
  const type = schema.getType(typeName)
  if (!isObjectType(type)) return ''
  const fields = Object.values(type.getFields()).map((field) => `${field.name} ${everythingOf(bare(field.type))}`)
  return `{ __typename ${fields.join(' ')} }`
}
const bare = (type: unknown) => String(type).replace(/[[\]!]/g, '')

const repeat = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => `${field[0]}${index}: ${field}`).join(' ')

const ORDERS = `edges { cursor node { ${leavesOf('HomestayOrder')} payment { ${leavesOf('Payment')} } } }
  pageInfo { ${leavesOf('PageInfo')} }`

const FULL_PAGE = `homestayOrders(first: 100) ${everythingOf('QueryHomestayOrdersConnection')}`

const NIGHTS = (fields: string) => `homestayAvailability(id: "x", from: "2026-12-01", to: "2027-03-03") { ${fields} }`

/** More fields than may be in an operation. */
const MANY = limits.documentFields + 1

/** `levels` fragments on a type that each hold the next one twice, so that its fields are 2 to that power. */
const doubling = (type: string, levels: number, hold: (spread: string) => string, fields: string) =>
  [
    ...Array.from({ length: levels }, (_, level) => {
      const next = hold(`...F${level + 1}`)
      return `fragment F${level} on ${type} { a: ${next} b: ${next} }`
    }),
    `fragment F${levels} on ${type} { ${fields} }`,
  ].join('\n')

/** Makes a document throw once its fragments have been read more than `most` times on average. */
function limitReads({ definitions }: DocumentNode, most: number): void {
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
  let left = most * fragments.length
  for (const fragment of fragments) {
    const { selectionSet } = fragment
    const get = () => {
      left -= 1
      if (left < 0) throw new Error(`fragments are read more than ${most} times`)
      return selectionSet
    }
    Object.defineProperty(fragment, 'selectionSet', { get })
  }
}

describe('the cost of an operation', () => {
  test.each([
    ['a full page of orders', `{ homestayOrders(first: 100) { ${ORDERS} } }`],
    ['the same backwards', `{ homestayOrders(last: 100) { ${ORDERS} } }`],
    ['a page whose size is a variable', `query ($n: Int) { homestayOrders(first: $n) { ${ORDERS} } }`],
    [
      'a page whose node spreads fragments that all spread a common one',
      `query ($n: Int) { homestayOrders(first: $n) { edges { node { ...A ...B ...C ...D } } } }
      ${['A', 'B', 'C', 'D'].map((name) => `fragment ${name} on HomestayOrder { sn ...Common }`).join('\n')}
      fragment Common on HomestayOrder { ${leavesOf('HomestayOrder')} payment { ${leavesOf('Payment')} } }`,
    ],
    ['two full pages', `{ a: homestayOrders(first: 100) { ${ORDERS} } b: homestayOrders(first: 100) { ${ORDERS} } }`],
    ['two full pages with everything', `{ a: ${FULL_PAGE} b: ${FULL_PAGE} }`],
    [
      'a list that says how long it may be, for as much',
      `{ ${repeat(99, `messageTemplates { ${repeat(33, 'kind')} }`)} }`,
    ],
    ['some small pages', `{ ${repeat(3, `homestayOrders { ${ORDERS} }`)} }`],
    ['one thing', '{ me { id } }'],
    ['all nights that can be asked for at once', `{ ${repeat(10, NIGHTS(leavesOf('HomestayNight')))} }`],
    ['a subscription', `subscription { paymentStatusChanged(sn: "x") { ${leavesOf('Payment')} } }`],
    [
      'the introspection of tools',
      getIntrospectionQuery({
        descriptions: true,
        specifiedByUrl: true,
        directiveIsRepeatable: true,
        schemaDescription: true,
        inputValueDeprecation: true,
        experimentalDirectiveDeprecation: false,
        oneOf: true,
      }),
    ],
  ])('lets %s pass', (_what, query) => {
    expect(refusals(query)).toEqual([])
  })

  test.each([
    ['more full pages than two', `{ ${repeat(3, `homestayOrders(first: 100) { ${ORDERS} }`)} }`],
    ['pages of any size', `query ($n: Int) { ${repeat(3, `homestayOrders(last: $n) { ${ORDERS} }`)} }`],
    ['larger pages than there are', `{ ${repeat(3, `homestayOrders(first: 5000) { ${ORDERS} }`)} }`],
    [
      'aliases under fragments',
      `{ homestays(first: 100) { ...A } }
      fragment A on QueryHomestaysConnection { ${repeat(8, 'edges { ...B }')} }
      fragment B on QueryHomestaysConnectionEdge { ${repeat(8, 'node { ...C }')} }
      fragment C on Homestay { ${repeat(8, 'info')} }`,
    ],
    [
      'aliases under the types of the schema',
      `{ __schema { types { ...A } } }
      fragment A on __Type { ${repeat(6, 'fields { ...B }')} }
      fragment B on __Field { ${repeat(6, 'type { ...C }')} }
      fragment C on __Type { ${repeat(6, 'ofType { name }')} }`,
    ],
    [
      'aliases under a type that is named by a variable',
      `query ($name: String!) { __type(name: $name) { ...A } }
      fragment A on __Type { ${repeat(20, 'fields { ...B }')} }
      fragment B on __Field { ${repeat(20, 'name')} }`,
    ],
    ['aliases under nights', `{ ${repeat(3, NIGHTS(repeat(50, 'date')))} }`],
    [
      'aliases in a mutation',
      `mutation { ${repeat(10, 'wxLogin(input: { code: "x" }) { ...A }')} }
      fragment A on WxLoginResult { ... on InvalidInputError { ${repeat(60, 'fields { path message }')} } }`,
    ],
    [
      'aliases in a subscription',
      `subscription { paymentStatusChanged(sn: "x") { ...A } }
      fragment A on Payment { ${repeat(MANY, 'sn')} }`,
    ],
  ])('refuses %s', (_what, query) => {
    expect(refusals(query)).toEqual(tooManyFields)
  })

  test('counts a page whose size is a variable as the largest one', () => {
    const query = `query ($n: Int) { ${repeat(3, `homestayOrders(first: $n) { ${ORDERS} }`)} }`
    expect(refusals(query)).toEqual([['BAD_USER_INPUT', expect.stringContaining('a variable counts as 100')]])
  })

  test('counts the cost of each operation of a document by itself', () => {
    const page = `homestayOrders(first: 100) { ${ORDERS} }`
    expect(refusals(`query A { ${page} } query B { ${page} } query C { ${page} }`)).toEqual([])
  })

  test.each([
    [
      'of types',
      `{ __schema { types { ...F0 } } }
      ${doubling('__Type', 40, (spread) => `fields { type { ${spread} } }`, 'name')}`,
    ],
    [
      'of wrapped types',
      `{ __schema { types { ...F0 } } } ${doubling('__Type', 40, (spread) => `ofType { ${spread} }`, 'name')}`,
    ],
    [
      'of pages',
      `{ homestays { ...A0 } }
      ${Array.from({ length: 40 }, (_, n) => `fragment A${n} on QueryHomestaysConnection { ...A${n + 1} ... { ...A${n + 1} } }`).join('\n')}
      fragment A40 on QueryHomestaysConnection { edges { cursor } }`,
    ],
    [
      'of types, each spread under many fields,',
      `{ __schema { types { ${repeat(50, 'ofType { ...A0 }')} } } }
      ${Array.from({ length: 50 }, (_, n) => `fragment A${n} on __Type { ...A${n + 1} ...A${n + 1} }`).join('\n')}
      fragment A50 on __Type { name }`,
    ],
  ])('counts the cost at once however fragments %s double each other', (_what, query) => {
    const document = parse(query)
    limitReads(document, 1_000)
    expect(checkCosts(schema, document).length).toBeLessThan(2)
  })

  test('counts the cost although a fragment spreads itself, which another rule refuses', () => {
    expect(refusals('{ me { ...A } } fragment A on User { id ...B } fragment B on User { ...A }')).toEqual([])
  })

  test('counts the cost although a fragment stands where it can’t, which another rule refuses', () => {
    expect(refusals('{ __schema { ...A } me { ...A } } fragment A on __Field { args { name } }')).toEqual([])
  })

  test('counts the cost although a field isn’t in the schema, which another rule refuses', () => {
    expect(refusals('{ nothing { id } me { ...Nothing ... on Nothing { id { id } } } __type { name } }')).toEqual([])
  })
})

describe('the mutations of an operation', () => {
  test('refuses more than ten mutations in one operation', () => {
    expect(refusals(`mutation { ${repeat(10, 'logout')} }`)).toEqual([])
    expect(refusals(`mutation { ${repeat(11, 'logout')} }`)).toEqual(tooManyMutations)
  })

  test('counts mutations through fragments', () => {
    const query = `mutation { ${repeat(6, 'logout')} ...A ... on Mutation { ...A ${repeat(2, 'refreshSession { __typename }')} } }
      fragment A on Mutation { ${repeat(3, 'refreshSession { __typename }').replaceAll(/r(\d)/g, 'x$1')} }`
    expect(refusals(query)).toEqual(tooManyMutations)
  })

  test('counts mutations that share a response name as one', () => {
    expect(refusals(`mutation { ${'logout '.repeat(20)} }`)).toEqual([])
  })

  test('the limit of mutations doesn’t limit queries', () => {
    expect(refusals(`{ ${repeat(30, 'me { id }')} }`)).toEqual([])
  })
})

describe('the fields of an operation that ask the database', () => {
  test('refuses more than ten fields that ask the database in one operation', () => {
    expect(refusals(`{ ${repeat(10, 'homestays { edges { cursor } }')} }`)).toEqual([])
    expect(refusals(`{ ${repeat(11, 'homestays { edges { cursor } }')} }`)).toEqual(tooManyReads)
  })

  test('counts fields that ask the database under others, once for a whole list', () => {
    const orders = 'homestayOrders(first: 100) { edges { node { payment { sn } } } }'
    expect(refusals(`{ ${repeat(5, orders)} }`)).toEqual([])
    expect(refusals(`{ ${repeat(6, orders)} }`)).toEqual(tooManyReads)
  })

  test('counts fields that ask the database through fragments', () => {
    const query = `{ ...A b: homestay(id: "x") { id } ... { ...A ${repeat(5, 'homestay(id: "x") { id }')} } }
      fragment A on Query { ${repeat(5, 'homestays { edges { cursor } }').replaceAll(/h(\d)/g, 'x$1')} }`
    expect(refusals(query)).toEqual(tooManyReads)
  })

  test('counts fields that ask the database and share a response name as one', () => {
    expect(refusals(`{ ${'homestays { edges { cursor } } '.repeat(11)} }`)).toEqual([])
  })

  test('counts the fields that ask the database of each operation of a document by itself', () => {
    const reads = repeat(10, 'homestay(id: "x") { id }')
    expect(refusals(`query A { ${reads} } query B { ${reads} }`)).toEqual([])
  })

  test('counts the fields that ask the database at once however fragments double each other', () => {
    const document = parse(`{ homestayOrder(sn: "x") { ...A0 } }
      ${Array.from({ length: 40 }, (_, n) => `fragment A${n} on HomestayOrder { ...A${n + 1} ... { ...A${n + 1} } }`).join('\n')}
      fragment A40 on HomestayOrder { payment { sn } }`)
    limitReads(document, 1_000)
    expect(checkCosts(schema, document)).toEqual([])
  })

  test('lets every operation of the client package pass', () => {
    const folder = new URL('../../../client/operations/', import.meta.url)
    const text = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'))
    expect(refusals(text.join('\n'))).toEqual([])
  })
})

describe('repeated fields', () => {
  test('refuses a field that is repeated a hundred times, before the fields are compared with each other', () => {
    expect(refusals(`{ me { ${'id '.repeat(100)} } }`)).toEqual([])
    expect(refusals(`{ me { ${'id '.repeat(101)} } }`)).toEqual([
      ['BAD_USER_INPUT', expect.stringContaining('100 times')],
    ])
  })

  test('refuses a response name that is repeated under aliases and in fragments', () => {
    const query = `{ ${'a: __typename '.repeat(60)} ...A } fragment A on Query { ${'a: __typename '.repeat(41)} }`
    expect(refusals(query)).toEqual([['BAD_USER_INPUT', expect.stringContaining('100 times')]])
  })
})
