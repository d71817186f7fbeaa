import { existsSync, globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { orderTransitions } from '../../src/order/state.ts'
import { LIVE_REFUNDS, paymentTransitions, refundTransitions } from '../../src/payment/state.ts'

const glossary = readFileSync('docs/glossary.md', 'utf8')
const schema = readFileSync('prisma/schema.prisma', 'utf8')

/** The distinct matches of the pattern's group. */
function found(pattern: RegExp, text = glossary): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))]
}

/** The fields of a model, by the name of its table. */
function columnsOf(table: string): string[] {
  const model = schema.split(/^model /m).find((text) => text.includes(`@@map("${table}")`)) ?? ''
  return found(/^ {2}(\w+) /gm, model)
}

/** The first cells of the rows of the table under this heading. */
function rowsUnder(heading: string): string[] {
  const table = glossary.split(`\n| ${heading} | 中文 | means |\n`)[1]?.split('\n\n')[0] ?? ''
  return found(/^\| `?([\w-]+)`? \|/gm, table)
}

describe('docs/glossary.md', () => {
  test('the glossary names only files and folders that exist', () => {
    const paths = found(/`([\w-]+(?:\/[\w-]+)*(?:\/|\.ts))`/g)
    expect(paths.length).toBeGreaterThan(20)
    expect(paths.filter((path) => !existsSync(`src/${path}`))).toEqual([])
  })

  test('the glossary names only functions and constants that exist in their files', () => {
    const named = [...glossary.matchAll(/`(\w+)`(?:, `(\w+)`)? in `([\w/-]+\.ts)`/g)]
    expect(named.length).toBeGreaterThan(5)
    for (const [, first = '', second = first, path = ''] of named) {
      const source = readFileSync(`src/${path}`, 'utf8')
      for (const name of [first, second]) expect(source).toMatch(new RegExp(`^export .*\\b${name}\\b`, 'm'))
    }
  })

  test('the glossary names only columns that exist', () => {
    const columns = found(/`((?:payment|refund|homestay_order|payment_mismatch|payment_event)\.\w+)`/g)
    expect(columns.length).toBeGreaterThan(20)
    const unknown = columns.filter((column) => {
      const [table = '', name = ''] = column.split('.')
      return !columnsOf(table).includes(name)
    })
    expect(unknown).toEqual([])
  })

  test('the glossary explains every state of a payment, a refund and an order', () => {
    expect(rowsUnder('payment').toSorted()).toEqual(Object.keys(paymentTransitions).toSorted())
    expect(rowsUnder('refund').toSorted()).toEqual(Object.keys(refundTransitions).toSorted())
    expect(rowsUnder('order').toSorted()).toEqual(Object.keys(orderTransitions).toSorted())
    expect(glossary).toContain(`${LIVE_REFUNDS.slice(0, -1).join(', ')} or ${LIVE_REFUNDS.at(-1)}`)
  })

  test('the glossary explains every alarm of the code', () => {
    const source = globSync('src/**/*.ts').map((path) => readFileSync(path, 'utf8'))
    const alarms = found(/\balarm: '([\w-]+)'/g, source.join('\n'))
    expect(rowsUnder('`alarm`').toSorted()).toEqual(alarms.toSorted())
  })

  test('no code uses a word that the glossary has replaced', () => {
    const replaced =
      /misfit|unkept|\bby_?hand\b|\bbyHand|disputed(?!.*chargeback)|\blearnt\b|\bstray\b|\bowes?[A-Z]\w*|unfollowed|takeOver/i
    const paths = globSync([
      '{src,packages,client/src,examples,bench,scripts,test,web}/**/*.{ts,tsx,js}',
      'prisma/schema.prisma',
    ])
    // The migration's test speaks of the names before it; this one of the words themselves.
    const files = paths.filter((path) => !/renaming\.test|glossary\.test|generated|node_modules|\/dist\//.test(path))
    expect(files.length).toBeGreaterThan(400)
    const lines = files.flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .flatMap((line, index) => (replaced.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
    )
    expect(lines).toEqual([])
  })
})
