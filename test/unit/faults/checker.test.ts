import { describe, expect, test } from 'vitest'
import { findViolations } from '../../faults/checker/check.ts'
import { timelineOf } from '../../faults/checker/timeline.ts'
import type { Evidence } from '../../faults/evidence.ts'
import { aPurchase, aRefundedPurchase, at, dateAt } from './evidence.ts'

/** Changes every row of a table of the evidence. */
function change<Name extends 'orders' | 'payments' | 'events' | 'refunds' | 'messages' | 'received'>(
  evidence: Evidence,
  table: Name,
  fields: Partial<Evidence[Name][number]>,
): Evidence {
  return { ...evidence, [table]: evidence[table].map((row) => ({ ...row, ...fields })) }
}

const withWechat = (evidence: Evidence, fields: Partial<Evidence['wechat']>): Evidence => ({
  ...evidence,
  wechat: { ...evidence.wechat, ...fields },
})

const said = (evidence: Evidence) => findViolations(evidence).map(({ rule, text }) => `${rule}: ${text}`)

const purchase = aPurchase()
const refunded = aRefundedPurchase()

describe('evidence without a violation', () => {
  test.each([
    ['a purchase', purchase],
    ['a refund', refunded],
  ])('%s is found to be right', (_, evidence) => {
    expect(said(evidence)).toEqual([])
  })
})

const planted: [what: string, evidence: Evidence, violation: RegExp][] = [
  ['money that we never heard of', { ...purchase, payments: [] }, /^money: PA1: WeChat has its money/],
  ['money that isn’t settled', change(purchase, 'payments', { transactionId: null }), /^money: .*none here/],
  ['another amount', change(purchase, 'payments', { paidTotal: 999 }), /^money: .*1000 fen at WeChat, 999 here/],
  [
    'a payment that WeChat doesn’t know',
    withWechat(purchase, { orders: [] }),
    /^money: .*paid here, and not at WeChat/,
  ],
  [
    'money kept for a cancelled order',
    change(purchase, 'orders', { tradeState: 'CANCELLED', paidBySn: null }),
    /^money: .*neither/,
  ],
  [
    'an order that is usable after its refund',
    change(refunded, 'orders', { tradeState: 'WAIT_USE' }),
    /^money: .*WAIT_USE/,
  ],
  ['a refund that nobody asked for', { ...refunded, asked: [] }, /^money: .*nobody asked/],
  ['a refund that we don’t know', { ...refunded, refunds: [] }, /^money: refund RE1: SUCCESS at WeChat, unknown here/],
  [
    'a refund that isn’t counted',
    change(refunded, 'payments', { refundedTotal: 0 }),
    /^money: .*1000 fen refunded at WeChat, 0/,
  ],
  [
    'more refunded than was paid',
    withWechat(refunded, { refunds: refunded.wechat.refunds.map((refund) => ({ ...refund, refundFen: 2_000 })) }),
    /^money: .*2000 of 1000 fen/,
  ],
  ['a booking that is lost', { ...purchase, orders: [] }, /^durability: HO1: was booked/],
  [
    'a tap that is lost',
    { ...purchase, told: [{ what: 'tapped', orderSn: 'HO1', paymentSn: 'PA2', at: at(2) }] },
    /^durability: .*no PA2/,
  ],
  [
    'a cancellation that doesn’t hold',
    { ...purchase, told: [{ what: 'cancelled', orderSn: 'HO1', at: at(2) }] },
    /^durability: .*was cancelled, and is WAIT_USE/,
  ],
  [
    'a redemption that doesn’t hold',
    { ...purchase, told: [{ what: 'redeemed', orderSn: 'HO1', at: at(9) }] },
    /^durability: .*was redeemed/,
  ],
  [
    'an accepted refund that is forgotten',
    { ...purchase, told: [{ what: 'refund accepted', orderSn: 'HO1', at: at(9) }] },
    /^durability: .*its refund was accepted/,
  ],
  [
    'a notice that was taken before its commit',
    { ...purchase, events: purchase.events.map((event) => ({ ...event, at: dateAt(event.version * 3) })) },
    /^durability: PA1: its notice was taken/,
  ],
  [
    'a refund’s notice that was taken before its commit',
    change(refunded, 'refunds', { endedAt: dateAt(30) }),
    /^durability: refund RE1/,
  ],
  ['a message that never arrived', withWechat(purchase, { messages: [] }), /^messages: .*1 sent here, 0 received/],
  [
    'a message that arrived too often',
    withWechat(purchase, { messages: Array.from({ length: 4 }, () => purchase.wechat.messages).flat() }),
    /^messages: .*received 4 times/,
  ],
  ['a message that wasn’t enqueued', { ...purchase, messages: [] }, /^messages: .*never enqueued/],
  ['a guest who isn’t told', withWechat({ ...purchase, messages: [] }, { messages: [] }), /^messages: .*no ORDER_PAID/],
  [
    'a message that is overdue',
    withWechat(change(purchase, 'messages', { status: 'PENDING', nextTryAt: dateAt(10) }), {}),
    /^messages: .*is due/,
  ],
  [
    'a gap in the trail',
    { ...purchase, events: purchase.events.slice(1) },
    /^monotony: .*version 2, and the trail has 2/,
  ],
  [
    'a step that isn’t allowed',
    change(purchase, 'events', { fromStatus: 'REFUNDED' }),
    /^monotony: .*goes from REFUNDED/,
  ],
  [
    'a trail that ends elsewhere',
    change(purchase, 'payments', { status: 'REFUNDING' }),
    /^monotony: .*trail ends at SUCCESS/,
  ],
  [
    'a subscriber who saw time run backwards',
    { ...purchase, streams: purchase.streams.map((stream) => ({ ...stream, seen: stream.seen.toReversed() })) },
    /^monotony: .*version 1 after a newer one/,
  ],
  [
    'a subscriber who saw what never was',
    { ...purchase, streams: [{ paymentSn: 'PA1', seen: [{ version: 2, status: 'CLOSED', at: at(4) }] }] },
    /^monotony: .*version 2 as CLOSED/,
  ],
  ['a payment that isn’t applied', change(purchase, 'payments', { appliedVersion: 1 }), /^finality: .*isn't applied/],
  ['a payment under review', change(purchase, 'payments', { underReviewAt: dateAt(9) }), /^finality: .*under review/],
  ['a payment on hold', change(purchase, 'payments', { heldAt: dateAt(9) }), /^finality: .*on hold/],
  [
    'a closed number that can be paid',
    {
      ...change(purchase, 'payments', { closedAt: dateAt(9), lastQueriedAt: dateAt(10), paidTotal: null }),
      wechat: { ...purchase.wechat, orders: purchase.wechat.orders.map((order) => ({ ...order, state: 'NOTPAY' })) },
    },
    /^finality: .*can be paid at WeChat/,
  ],
  [
    'a closed number that nobody asked about again',
    change(purchase, 'payments', { closedAt: dateAt(9), lastQueriedAt: dateAt(8), paidTotal: null }),
    /^finality: .*never queried again/,
  ],
  [
    'an order that stays in REFUNDING',
    change(refunded, 'orders', { tradeState: 'REFUNDING' }),
    /^finality: HO1: is still/,
  ],
  [
    'an order that nobody closes',
    change(purchase, 'orders', { tradeState: 'WAIT_PAY', payBefore: dateAt(60) }),
    /^finality: HO1: is still WAIT_PAY/,
  ],
  [
    'a stay that is over',
    change(purchase, 'orders', { liveEndDate: new Date('2026-11-27') }),
    /^finality: HO1: is still WAIT_USE/,
  ],
  [
    'a redemption that WeChat doesn’t know of',
    change(purchase, 'orders', { tradeState: 'USED' }),
    /^finality: HO1: is USED, and WeChat/,
  ],
  [
    'a stay for which nobody came that WeChat doesn’t know of',
    change(purchase, 'orders', { tradeState: 'EXPIRED' }),
    /^finality: HO1: is EXPIRED, and WeChat/,
  ],
  [
    'a bill that isn’t compared',
    { ...purchase, billDays: [{ billOn: new Date('2026-11-27'), status: 'MISSING', note: 'no bill' }] },
    /^finality: the bill of 2026-11-27 is still MISSING: no bill/,
  ],
  [
    'a bill that differs',
    {
      ...purchase,
      undecided: [
        {
          billOn: new Date('2026-11-27'),
          class: 'ONLY_WECHAT',
          number: '4201',
          outTradeNo: 'PA1',
          atWechat: 'SUCCESS 10.00',
          here: '',
        },
      ],
    },
    /^money: PA1: 4201 is SUCCESS 10.00 in the bill of 2026-11-27, and nothing here/,
  ],
  ['a refund without an end', change(refunded, 'refunds', { status: 'PROCESSING' }), /^finality: refund RE1/],
  [
    'a mismatch that nobody decides',
    {
      ...purchase,
      mismatches: [
        {
          id: '1',
          paymentSn: 'PA1',
          subject: 'MONEY',
          number: 'PA1',
          kind: 'AMOUNT',
          createdAt: dateAt(4),
          resolvedAt: null,
          resolution: null,
        },
      ],
    },
    /^finality: mismatch AMOUNT/,
  ],
  ['an event that nobody received', { ...purchase, received: [] }, /^events: PA1: version 1 was never received/],
  ['an event that isn’t true', change(purchase, 'received', { status: 'CLOSED' }), /^events: .*received as CLOSED/],
  ['an event of no change', change(purchase, 'received', { version: 9 }), /^events: .*not on the trail/],
  ['an event before its commit', change(purchase, 'received', { at: at(1) }), /^events: .*before it was recorded/],
  [
    'a process that ended by itself',
    { ...purchase, exits: [{ process: 'worker 1', code: 1, signal: null, isOurs: false, at: at(9) }] },
    /^no process ended by itself: worker 1 ended with 1/,
  ],
  [
    'a slow recovery',
    { ...purchase, recoveries: [{ trouble: 'kill API 1', ms: 61_000 }] },
    /^recovery time: kill API 1/,
  ],
]

describe('the checker', () => {
  test.each(planted)('finds %s', (_, evidence, violation) => {
    expect(said(evidence)).toContainEqual(expect.stringMatching(violation))
  })

  test('finds violations of every rule among those planted here', () => {
    const rules = new Set(planted.flatMap(([, evidence]) => findViolations(evidence).map(({ rule }) => rule)))
    expect(rules.size).toBe(8)
  })
})

test('a message that arrives twice is one too many without trouble', () => {
  const twice = withWechat(purchase, { messages: [...purchase.wechat.messages, ...purchase.wechat.messages] })
  expect(findViolations(twice, { isTormented: true })).toEqual([])
  expect(findViolations(twice, { isTormented: false })).toMatchObject([{ rule: 'messages' }])
})

test('who is patient doesn’t ask how long recoveries took', () => {
  const slow = { ...purchase, recoveries: [{ trouble: 'kill API 1', ms: 61_000 }] }
  expect(findViolations(slow, { isPatient: true })).toEqual([])
})

test('a payment’s timeline has everybody’s view of it, in order', () => {
  expect(timelineOf(refunded, 'PA1')).toEqual([
    '10:00:01.000 answered: booked',
    '10:00:02.000 answered: tapped',
    '10:00:02.000 stream:   version 1, PENDING',
    '10:00:02.000 recorded: version 1, null -> PENDING by WX_PAY',
    '10:00:03.000 webhook:  version 1, PENDING',
    '10:00:03.000 WeChat:   paid, 4200',
    '10:00:03.000 WeChat:   notice TRANSACTION.SUCCESS of PA1, now TAKEN',
    '10:00:04.000 stream:   version 2, SUCCESS',
    '10:00:04.000 recorded: version 2, PENDING -> SUCCESS by NOTICE',
    '10:00:05.000 webhook:  version 2, SUCCESS',
    '10:00:05.000 WeChat:   notice TRANSACTION.SUCCESS of PA1 is taken',
    '10:00:19.000 asked:    refund',
    '10:00:20.000 answered: refund accepted',
    '10:00:20.000 WeChat:   refund RE1 of 1000 fen, now SUCCESS',
    '10:00:20.000 recorded: version 3, SUCCESS -> REFUNDING by REFUND',
    '10:00:21.000 webhook:  version 3, REFUNDING',
    '10:00:21.000 WeChat:   notice REFUND.SUCCESS of RE1, now TAKEN',
    '10:00:22.000 recorded: version 4, REFUNDING -> REFUNDED by NOTICE',
    '10:00:22.000 recorded: refund RE1 (GUEST) has ended, SUCCESS',
    '10:00:23.000 webhook:  version 4, REFUNDED',
    '10:00:23.000 WeChat:   notice REFUND.SUCCESS of RE1 is taken',
  ])
})
