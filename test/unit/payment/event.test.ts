import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { PayStatus } from '../../../prisma/client/enums.ts'
import { EVENT_TYPES, PaymentEventSchema, typeOf } from '../../../src/payment/event.ts'
import { paymentTransitions } from '../../../src/payment/state.ts'

const document = readFileSync('docs/events.md', 'utf8')

/** The blocks of JSON of docs/events.md. */
const blocks = [...document.matchAll(/```json\n([^]*?)```/g)].map(([, text = '']) => JSON.parse(text) as object)

/** The schema as the document shows it: `format` says what the long patterns of instants would. */
function schemaOfCode(): object {
  return z.toJSONSchema(PaymentEventSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
    },
  })
}

describe('docs/events.md', () => {
  test('shows the schema of the code', () => {
    expect(blocks).toContainEqual(JSON.parse(JSON.stringify(schemaOfCode())))
  })

  test('shows an event that fits the schema, with every field in its order', () => {
    const [example] = blocks.filter((block) => 'schemaVersion' in block)
    expect(PaymentEventSchema.parse(example)).toEqual(example)
    expect(Object.keys(example ?? {})).toEqual(Object.keys(PaymentEventSchema.shape))
  })

  test('says what each type and each field is', () => {
    const rows = [...document.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, name = '']) => name)
    expect(rows).toEqual(expect.arrayContaining([...EVENT_TYPES, ...Object.keys(PaymentEventSchema.shape)]))
  })
})

describe('the type of a change', () => {
  test('follows from the statuses around it', () => {
    const changes = Object.values(PayStatus).flatMap((from) =>
      [from, ...paymentTransitions[from]].map((to) => `${from} -> ${to}: ${typeOf(from, to)}`),
    )
    expect([`made: ${typeOf(null, 'PENDING')}`, ...changes]).toMatchInlineSnapshot(`
      [
        "made: payment.created",
        "PENDING -> PENDING: payment.updated",
        "PENDING -> SUCCESS: payment.succeeded",
        "PENDING -> CLOSED: payment.closed",
        "SUCCESS -> SUCCESS: payment.updated",
        "SUCCESS -> REFUNDING: payment.refunding",
        "SUCCESS -> REFUNDED: payment.refunded",
        "CLOSED -> CLOSED: payment.updated",
        "CLOSED -> SUCCESS: payment.succeeded",
        "REFUNDING -> REFUNDING: payment.updated",
        "REFUNDING -> REFUNDED: payment.refunded",
        "REFUNDING -> SUCCESS: payment.updated",
        "REFUNDED -> REFUNDED: payment.updated",
      ]
    `)
  })

  test('is none for a payment that becomes PENDING', () => {
    expect(() => typeOf('SUCCESS', 'PENDING')).toThrow('no payment becomes PENDING')
  })
})
