import type { Evidence } from '../../faults/evidence.ts'

/** 10:00:00; each step of a story is a second later. */
const BEGIN = Date.UTC(2026, 10, 27, 10)
export const at = (seconds: number) => BEGIN + seconds * 1_000
export const dateAt = (seconds: number) => new Date(at(seconds))

/** In a week. */
const LEAVES_ON = new Date('2026-12-04')

const TEMPLATES = { ORDER_PAID: 'template-paid', CHECK_IN: 'template-check-in', REFUNDED: 'template-refunded' }

type Part<Name extends keyof Evidence> = Evidence[Name] extends (infer Row)[] ? Row : never

const payment: Part<'payments'> = {
  sn: 'PA1',
  orderSn: 'HO1',
  openid: 'o_1',
  status: 'SUCCESS',
  transactionId: '4200',
  paidTotal: 1_000,
  refundedTotal: 0,
  closedAt: null,
  underReviewAt: null,
  heldAt: null,
  version: 2,
  appliedVersion: 2,
  queuedVersion: 2,
  lastQueriedAt: null,
}

/** A guest has booked, tapped and paid; the notice was taken after it was settled, and everybody has heard. */
export function aPurchase(): Evidence {
  return {
    settledAt: at(600),
    orders: [{ sn: 'HO1', tradeState: 'WAIT_USE', paidBySn: 'PA1', payBefore: dateAt(1_800), liveEndDate: LEAVES_ON }],
    payments: [payment],
    events: [
      { paymentSn: 'PA1', version: 1, at: dateAt(2), fromStatus: null, toStatus: 'PENDING', source: 'WX_PAY' },
      { paymentSn: 'PA1', version: 2, at: dateAt(4), fromStatus: 'PENDING', toStatus: 'SUCCESS', source: 'NOTICE' },
    ],
    refunds: [],
    mismatches: [],
    messages: [{ paymentSn: 'PA1', kind: 'ORDER_PAID', openid: 'o_1', status: 'SENT', nextTryAt: null }],
    billDays: [{ billOn: new Date('2026-11-27'), status: 'DONE', note: null }],
    undecided: [],
    wechat: {
      orders: [
        {
          outTradeNo: 'PA1',
          totalFen: 1_000,
          state: 'SUCCESS',
          payment: { transactionId: '4200', paidAt: at(3), couponFen: 0 },
          outRefundNos: [],
          shipments: 0,
        },
      ],
      refunds: [],
      notices: [{ subject: 'PA1', eventType: 'TRANSACTION.SUCCESS', state: 'TAKEN', createdAt: at(3), takenAt: at(5) }],
      messages: [{ openid: 'o_1', templateId: TEMPLATES.ORDER_PAID, sentAt: at(6) }],
      templates: TEMPLATES,
    },
    told: [
      { what: 'booked', orderSn: 'HO1', at: at(1) },
      { what: 'tapped', orderSn: 'HO1', paymentSn: 'PA1', at: at(2) },
    ],
    asked: [],
    streams: [
      {
        paymentSn: 'PA1',
        seen: [
          { version: 1, status: 'PENDING', at: at(2) },
          { version: 2, status: 'SUCCESS', at: at(4) },
        ],
      },
    ],
    received: [
      { paymentSn: 'PA1', version: 1, status: 'PENDING', previousStatus: null, at: at(3) },
      { paymentSn: 'PA1', version: 2, status: 'SUCCESS', previousStatus: 'PENDING', at: at(5) },
    ],
    exits: [{ process: 'API 1', code: null, signal: 'SIGKILL', isOurs: true, at: at(10) }],
    recoveries: [{ trouble: 'kill API 1', ms: 2_000 }],
  }
}

/** The same, and then the guest’s refund has succeeded. */
export function aRefundedPurchase(): Evidence {
  const purchase = aPurchase()
  const [order] = purchase.orders
  const [wechatOrder] = purchase.wechat.orders
  if (!order || !wechatOrder) throw new Error('a purchase has an order')
  const outRefundNo = 'RE1'
  return {
    ...purchase,
    orders: [{ ...order, tradeState: 'REFUNDED' }],
    payments: [
      { ...payment, status: 'REFUNDED', refundedTotal: 1_000, version: 4, appliedVersion: 4, queuedVersion: 4 },
    ],
    events: [
      ...purchase.events,
      { paymentSn: 'PA1', version: 3, at: dateAt(20), fromStatus: 'SUCCESS', toStatus: 'REFUNDING', source: 'REFUND' },
      { paymentSn: 'PA1', version: 4, at: dateAt(22), fromStatus: 'REFUNDING', toStatus: 'REFUNDED', source: 'NOTICE' },
    ],
    refunds: [
      { outRefundNo, paymentSn: 'PA1', cause: 'GUEST', status: 'SUCCESS', refundTotal: 1_000, endedAt: dateAt(22) },
    ],
    messages: [
      ...purchase.messages,
      { paymentSn: 'PA1', kind: 'REFUNDED', openid: 'o_1', status: 'SENT', nextTryAt: null },
    ],
    wechat: {
      ...purchase.wechat,
      orders: [{ ...wechatOrder, state: 'REFUND', outRefundNos: [outRefundNo] }],
      refunds: [{ outRefundNo, outTradeNo: 'PA1', refundFen: 1_000, status: 'SUCCESS', createdAt: at(20) }],
      notices: [
        ...purchase.wechat.notices,
        { subject: outRefundNo, eventType: 'REFUND.SUCCESS', state: 'TAKEN', createdAt: at(21), takenAt: at(23) },
      ],
      messages: [...purchase.wechat.messages, { openid: 'o_1', templateId: TEMPLATES.REFUNDED, sentAt: at(24) }],
    },
    told: [...purchase.told, { what: 'refund accepted', orderSn: 'HO1', at: at(20) }],
    asked: [{ what: 'refund', orderSn: 'HO1', at: at(19) }],
    received: [
      ...purchase.received,
      { paymentSn: 'PA1', version: 3, status: 'REFUNDING', previousStatus: 'SUCCESS', at: at(21) },
      { paymentSn: 'PA1', version: 4, status: 'REFUNDED', previousStatus: 'REFUNDING', at: at(23) },
    ],
  }
}
