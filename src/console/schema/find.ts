import { NotFoundError } from '../../errors.ts'
import { holdsAtMost } from '../../graphql/list-size.ts'
import type { Entry } from '../../timeline/entry.ts'
import { findMatches, type Match } from '../../timeline/find.ts'
import { readTimeline, type Timeline } from '../../timeline/read.ts'
import { builder } from './builder.ts'

const MatchRef = builder.objectRef<Match>('Match').implement({
  description: 'Something that a timeline can be read of.',
  fields: (t) => ({
    kind: t.exposeString('kind', { description: 'order, payment, refund or mismatch' }),
    number: t.exposeString('number'),
    title: t.exposeString('title', { description: 'In one line; it names no person.' }),
    at: t.expose('at', { type: 'DateTime' }),
  }),
})

const OrderRef = builder.objectRef<Timeline['orders'][number]>('TimelineOrder').implement({
  fields: (t) => ({
    sn: t.exposeID('sn'),
    tradeState: t.exposeString('tradeState'),
    totalFen: t.expose('totalFen', { type: 'Fen' }),
    awaitsShipping: t.boolean({
      description: 'Redeemed or expired, and WeChat hasn’t taken its shipping info yet, which frees its money.',
      resolve: ({ awaitsShipping }, _args, { deps }) => awaitsShipping && deps.config.order.uploadShipping,
    }),
  }),
})

const PaymentRef = builder.objectRef<Timeline['payments'][number]>('TimelinePayment').implement({
  fields: (t) => ({
    sn: t.exposeID('sn'),
    orderSn: t.exposeString('orderSn'),
    status: t.exposeString('status'),
    payTotalFen: t.expose('payTotalFen', { type: 'Fen' }),
    paidTotalFen: t.expose('paidTotalFen', { type: 'Fen', nullable: true }),
    refundedTotalFen: t.expose('refundedTotalFen', { type: 'Fen' }),
    transactionId: t.exposeString('transactionId', { nullable: true }),
    isUnderReview: t.exposeBoolean('isUnderReview'),
    isOnHold: t.exposeBoolean('isOnHold'),
    isApplied: t.exposeBoolean('isApplied', { description: 'False while its last change isn’t applied to its order.' }),
  }),
})

const RefundRef = builder.objectRef<Timeline['refunds'][number]>('TimelineRefund').implement({
  fields: (t) => ({
    outRefundNo: t.exposeID('outRefundNo'),
    paymentSn: t.exposeString('paymentSn'),
    status: t.exposeString('status'),
    refundTotalFen: t.expose('refundTotalFen', { type: 'Fen' }),
  }),
})

const EntryRef = builder.objectRef<Entry>('TimelineEntry').implement({
  description: 'What happened at one moment.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime' }),
    kind: t.exposeString('kind', {
      description: 'order, attempt, act, call, notice, mismatch, event, refund, job, message or delivery',
    }),
    number: t.exposeString('number', { description: 'What it is about.' }),
    text: t.exposeString('text', { description: 'In one line, in English.' }),
  }),
})

/** No order has had so many; nothing cuts them off, for a timeline with a gap would mislead. */
const MANY_ENTRIES = 1_000

const TimelineRef = builder.objectRef<Timeline>('Timeline').implement({
  description: 'Where everything of an order stands now, and how it came to that.',
  fields: (t) => ({
    orders: t.expose('orders', { type: [OrderRef] }),
    payments: t.expose('payments', { type: [PaymentRef] }),
    refunds: t.expose('refunds', { type: [RefundRef] }),
    entries: t.expose('entries', {
      type: [EntryRef],
      extensions: holdsAtMost(MANY_ENTRIES),
      description: 'Oldest first.',
    }),
  }),
})

builder.queryField('find', (t) =>
  t.field({
    type: [MatchRef],
    description:
      'Whatever has this number, with what hangs on it; or the newest orders of the phones that end in four digits.',
    args: { text: t.arg.string({ required: true }) },
    resolve: (_root, { text }, { deps }) => findMatches(deps.db, text),
  }),
)

builder.queryField('timeline', (t) =>
  t.field({
    type: TimelineRef,
    nullable: true,
    description:
      'By any number: of an order, a payment, a transaction, a refund, a mismatch or a notice. Null where nothing has it.',
    args: { number: t.arg.string({ required: true }) },
    resolve: (_root, { number }, { deps }) =>
      readTimeline(deps.db, number).catch((error: unknown) => {
        if (error instanceof NotFoundError) return null
        throw error
      }),
  }),
)
