import { describe, expect, test } from 'vitest'
import type { OrderTradeState } from '../../../prisma/client/enums.ts'
import { assertTransition, IllegalTransitionError, type TransitionTable } from '../../../src/infra/transitions.ts'
import { HOLDS_NIGHTS, orderTransitions } from '../../../src/order/state.ts'
import {
  LIVE_REFUNDS,
  type PaymentFacts,
  paymentTransitions,
  refundTransitions,
  statusOf,
} from '../../../src/payment/state.ts'

const tables: Record<string, TransitionTable<string>> = {
  payment: paymentTransitions,
  refund: refundTransitions,
  order: orderTransitions,
}
const firstStates: Record<string, string> = { payment: 'PENDING', refund: 'REQUESTED', order: 'WAIT_PAY' }

/** What the table does with a transition from `from` to `to`. */
function judge(table: TransitionTable<string>, from: string, to: string): string {
  try {
    assertTransition(table, 'it', from, to)
    return from === to ? 'stays' : 'moves'
  } catch (error) {
    expect(error).toBeInstanceOf(IllegalTransitionError)
    return '-'
  }
}

const line = (cells: string[]) =>
  cells
    .map((cell) => cell.padEnd(11))
    .join('')
    .trimEnd()

function print(name: string, table: TransitionTable<string>): string[] {
  const states = Object.keys(table)
  return [line([name, ...states]), ...states.map((from) => line([from, ...states.map((to) => judge(table, from, to))]))]
}

function reachableFrom(table: TransitionTable<string>, first: string): Set<string> {
  const reached = new Set([first])
  for (const state of reached) for (const next of table[state] ?? []) reached.add(next)
  return reached
}

describe('the state tables', () => {
  test('lists for every pair of states whether it stays, moves or is illegal', () => {
    const printed = Object.entries(tables).flatMap(([name, table]) => [...print(name, table), ''])
    expect(`\n${printed.join('\n')}`).toMatchInlineSnapshot(`
      "
      payment    PENDING    CLOSED     SUCCESS    REFUNDING  REFUNDED
      PENDING    stays      moves      moves      -          -
      CLOSED     -          stays      moves      -          -
      SUCCESS    -          -          stays      moves      moves
      REFUNDING  -          -          moves      stays      moves
      REFUNDED   -          -          -          -          stays

      refund     REQUESTED  PROCESSING ABNORMAL   SUCCESS    CLOSED
      REQUESTED  stays      moves      moves      moves      moves
      PROCESSING -          stays      moves      moves      moves
      ABNORMAL   -          moves      stays      moves      moves
      SUCCESS    -          -          -          stays      -
      CLOSED     -          -          -          -          stays

      order      WAIT_PAY   CANCELLED  WAIT_USE   USED       REFUNDING  REFUNDED   EXPIRED
      WAIT_PAY   stays      moves      moves      -          -          -          -
      CANCELLED  -          stays      -          -          -          -          -
      WAIT_USE   -          -          stays      moves      moves      moves      moves
      USED       -          -          -          stays      -          moves      -
      REFUNDING  -          -          moves      -          stays      moves      -
      REFUNDED   -          -          -          -          -          stays      -
      EXPIRED    -          -          -          -          -          moves      stays
      "
    `)
  })

  test.for(Object.entries(tables))('reaches every state of a %s from its first state', ([name, table]) => {
    expect([...reachableFrom(table, firstStates[name] ?? '')].toSorted()).toEqual(Object.keys(table).toSorted())
  })

  test('names the subject and both states of an illegal transition', () => {
    expect(() => assertTransition(paymentTransitions, 'payment PA1', 'REFUNDED', 'SUCCESS')).toThrow(
      "payment PA1 is REFUNDED and can't become SUCCESS",
    )
  })

  test('lists refunds that may still succeed as live, and all orders but ended ones as holding nights', () => {
    const mayEnd = Object.entries(refundTransitions).filter(([, next]) => next.includes('SUCCESS'))
    expect(LIVE_REFUNDS.toSorted()).toEqual(mayEnd.map(([state]) => state).toSorted())
    const all = Object.keys(orderTransitions) as OrderTradeState[]
    expect(all.filter((state) => !HOLDS_NIGHTS.includes(state))).toEqual(['CANCELLED', 'REFUNDED', 'EXPIRED'])
  })
})

const pending: PaymentFacts = { paidTotal: null, closedAt: null, refundedTotal: 0, liveRefunds: 0 }

/** Every single change that a payment's facts can have. */
function changesOf(facts: PaymentFacts): PaymentFacts[] {
  const { paidTotal, closedAt, refundedTotal, liveRefunds } = facts
  if (paidTotal === null) {
    return [{ ...facts, paidTotal: 2 }, ...(closedAt ? [] : [{ ...facts, closedAt: new Date(0) }])]
  }
  const opened = refundedTotal + liveRefunds < paidTotal ? [{ ...facts, liveRefunds: liveRefunds + 1 }] : []
  const manual = refundedTotal + liveRefunds < paidTotal ? [{ ...facts, refundedTotal: refundedTotal + 1 }] : []
  const ended = liveRefunds > 0 ? [{ ...facts, liveRefunds: liveRefunds - 1 }] : []
  return [...opened, ...manual, ...ended, ...ended.map((end) => ({ ...end, refundedTotal: refundedTotal + 1 }))]
}

describe('the status of a payment', () => {
  test('derives the status of a payment from its facts alone', () => {
    const closedAt = new Date(0)
    const paid = { ...pending, paidTotal: 1_000 }
    expect([
      statusOf(pending),
      statusOf({ ...pending, closedAt }),
      statusOf(paid),
      statusOf({ ...paid, closedAt }),
      statusOf({ ...paid, liveRefunds: 1 }),
      statusOf({ ...paid, refundedTotal: 400 }),
      statusOf({ ...paid, refundedTotal: 400, liveRefunds: 1 }),
      statusOf({ ...paid, refundedTotal: 1_000 }),
      statusOf({ ...paid, refundedTotal: 1_000, closedAt }),
    ]).toEqual(['PENDING', 'CLOSED', 'SUCCESS', 'SUCCESS', 'REFUNDING', 'SUCCESS', 'REFUNDING', 'REFUNDED', 'REFUNDED'])
  })

  test('changes the status of a payment only as its state table allows, whatever happens to its facts', () => {
    const seen = new Map([[JSON.stringify(pending), pending]])
    const moves = new Set<string>()
    for (const facts of seen.values()) {
      for (const next of changesOf(facts)) {
        assertTransition(paymentTransitions, JSON.stringify(next), statusOf(facts), statusOf(next))
        if (statusOf(facts) !== statusOf(next)) moves.add(`${statusOf(facts)} ${statusOf(next)}`)
        seen.set(JSON.stringify(next), next)
      }
    }
    const allowed = Object.entries(paymentTransitions).flatMap(([from, to]) => to.map((state) => `${from} ${state}`))
    expect([...moves].toSorted()).toEqual(allowed.toSorted())
  })
})
