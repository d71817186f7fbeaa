import { describe, expect, test } from 'vitest'
import type { BookedOrder, Evidence } from '../../rehearsal/evidence.ts'
import { judge } from '../../rehearsal/judge.ts'

const TRAIL = [
  { version: 1, status: 'PENDING' as const },
  { version: 2, status: 'SUCCESS' as const },
]

const order: BookedOrder = {
  orderSn: 'HO1',
  tradeState: 'WAIT_USE',
  attempts: 1,
  paymentSn: 'PA1',
  transactionId: '42',
  trail: TRAIL,
}

const sentOf = (socket: number, version: number) => ({ socket, paymentSn: 'PA1', version, status: 'SUCCESS' })

/** A purchase with its subscriber on two sockets, of which the API closed the first. */
const whole: Evidence = {
  purchases: [{ openid: 'o_guest', orderSn: 'HO1', paymentSn: 'PA1', tradeCode: 'K5V6THVV', seen: TRAIL }],
  failures: [],
  orders: [order],
  charged: new Map([['PA1', '42']]),
  told: new Map([['o_guest', 1]]),
  sent: [sentOf(0, 1), sentOf(1, 1), sentOf(1, 2)],
  ended: new Map([[1001, 1]]),
}

describe('the judgement of a rehearsal', () => {
  test('finds nothing where everything is as it should be', () => {
    expect(judge(whole)).toEqual([])
  })

  test.each<[string, Partial<Evidence>, RegExp]>([
    ['a purchase that failed', { failures: ['no entry code'] }, /no entry code/],
    ['an order that waits', { orders: [{ ...order, tradeState: 'WAIT_PAY' }] }, /HO1 is WAIT_PAY/],
    ['an order with two attempts', { orders: [{ ...order, attempts: 2 }] }, /2 attempts/],
    [
      'a payment that became SUCCESS twice',
      { orders: [{ ...order, trail: [...TRAIL, { version: 3, status: 'SUCCESS' }] }] },
      /PENDING, SUCCESS, SUCCESS/,
    ],
    ['money that WeChat doesn’t know of', { charged: new Map() }, /WeChat knows undefined/],
    [
      'a state that was never shown',
      { purchases: whole.purchases.map((each) => ({ ...each, seen: TRAIL.slice(1) })) },
      /saw 2 SUCCESS of/,
    ],
    ['a guest who was told twice', { told: new Map([['o_guest', 2]]) }, /got 2 messages/],
    ['a state that went backwards', { sent: [sentOf(0, 2), sentOf(1, 1)] }, /version 1 after version 2/],
    ['a state that came twice on a socket', { sent: [sentOf(0, 2), sentOf(0, 2)] }, /version 2 after version 2/],
    ['a socket that was cut off', { ended: new Map([[1006, 3]]) }, /3 sockets ended with 1006/],
  ])('finds %s', (_what, change, sentence) => {
    const [found] = judge({ ...whole, ...change })
    expect(found).toMatch(sentence)
  })
})
