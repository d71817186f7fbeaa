import {
  MismatchResolution,
  MismatchSubject,
  PayStatus,
  RefundCause,
  RefundStatus,
} from '../../../prisma/client/enums.ts'
import { holdsAtMost } from '../../graphql/list-size.ts'
import type { DeadLetter } from '../../infra/dead-letters.ts'
import { JOBS_OF_MONEY } from '../../jobs.ts'
import type { StuckOrder } from '../../order/list.ts'
import type { Held, ShownRefund } from '../../payment/refund/stuck.ts'
import type { Decision, ShownMismatch } from '../../payment/review/list.ts'
import { MOST_WAITING, type Waiting } from '../board/waiting.ts'
import { BillDayRef, BillDifferenceRef } from './bill-types.ts'
import { builder } from './builder.ts'

const PayStatusRef = builder.enumType(PayStatus, { name: 'PayStatus' })
const RefundStatusRef = builder.enumType(RefundStatus, { name: 'RefundStatus' })
const RefundCauseRef = builder.enumType(RefundCause, { name: 'RefundCause' })
const SubjectRef = builder.enumType(MismatchSubject, { name: 'MismatchSubject' })
const ResolutionRef = builder.enumType(MismatchResolution, { name: 'MismatchResolution' })

const decisions: Record<'ACCEPT' | 'REFUND' | 'DISMISS', { value: Decision }> = {
  ACCEPT: { value: 'accept' },
  REFUND: { value: 'refund' },
  DISMISS: { value: 'dismiss' },
}
const DecisionRef = builder.enumType('Decision', { values: decisions })

const needs: Record<'APPLY' | 'CLOSE' | 'SHIP', { value: StuckOrder['needs'] }> = {
  APPLY: { value: 'apply' },
  CLOSE: { value: 'close' },
  SHIP: { value: 'ship' },
}
const NeedsRef = builder.enumType('OrderNeeds', { values: needs })

const MismatchRef = builder.objectRef<ShownMismatch>('Mismatch').implement({
  description: 'A verified report of WeChat’s that doesn’t fit our books.',
  fields: (t) => ({
    id: t.exposeID('id'),
    subject: t.expose('subject', { type: SubjectRef }),
    kind: t.exposeString('kind', { description: 'What doesn’t fit.' }),
    number: t.exposeString('number', { description: 'As WeChat named it.' }),
    transactionId: t.exposeString('transactionId', { description: 'Empty where there is none.' }),
    reportedFen: t.expose('reportedFen', { type: 'Fen', nullable: true }),
    paymentSn: t.exposeString('paymentSn', { nullable: true }),
    orderSn: t.string({ nullable: true, resolve: ({ payment }) => payment?.orderSn }),
    paymentStatus: t.field({ type: PayStatusRef, nullable: true, resolve: ({ payment }) => payment?.status }),
    payTotalFen: t.field({
      type: 'Fen',
      nullable: true,
      description: 'What our attempt is of.',
      resolve: ({ payment }) => payment?.payTotal,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    resolution: t.expose('resolution', {
      type: ResolutionRef,
      nullable: true,
      description: 'A decision that isn’t carried out yet.',
    }),
    decidedBy: t.exposeString('decidedBy', { nullable: true }),
    decisions: t.expose('decisions', { type: [DecisionRef], description: 'What can be decided.' }),
  }),
})

const HeldPaymentRef = builder.objectRef<Held>('HeldPayment').implement({
  description: 'A payment that WeChat reports as refunded, by a refund that we don’t know: adopt it by its number.',
  fields: (t) => ({
    sn: t.exposeID('sn'),
    orderSn: t.exposeString('orderSn'),
    transactionId: t.exposeString('transactionId', { nullable: true }),
    heldAt: t.expose('heldAt', { type: 'DateTime', nullable: true }),
  }),
})

const StuckRefundRef = builder.objectRef<ShownRefund>('StuckRefund').implement({
  description: 'A refund that is ABNORMAL, refused again and again, or under way for a week.',
  fields: (t) => ({
    outRefundNo: t.exposeID('outRefundNo'),
    paymentSn: t.exposeString('paymentSn'),
    cause: t.expose('cause', { type: RefundCauseRef }),
    status: t.expose('status', { type: RefundStatusRef }),
    refundTotalFen: t.expose('refundTotal', { type: 'Fen' }),
    tries: t.exposeInt('advanceCount'),
    lastAnswer: t.exposeString('lastAnswer', { nullable: true }),
    nextTryAt: t.expose('nextAdvanceAt', { type: 'DateTime', nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
})

const StuckOrderRef = builder.objectRef<StuckOrder>('StuckOrder').implement({
  description: 'An order that doesn’t go on by itself.',
  fields: (t) => ({
    sn: t.exposeID('sn'),
    needs: t.expose('needs', { type: NeedsRef }),
    since: t.expose('since', { type: 'DateTime' }),
    paymentSn: t.exposeString('paymentSn', { nullable: true }),
  }),
})

const DeadJobRef = builder.objectRef<DeadLetter>('DeadJob').implement({
  description: 'A job that no retry could help.',
  fields: (t) => ({
    id: t.exposeID('id'),
    job: t.exposeString('job', { description: 'The job that it was.' }),
    data: t.string({ description: 'JSON.', resolve: ({ data }) => JSON.stringify(data) }),
    deadSince: t.expose('deadSince', { type: 'DateTime' }),
    retries: t.int({ resolve: ({ retries }) => retries ?? 0 }),
    holdsUpMoney: t.boolean({ resolve: ({ job }) => JOBS_OF_MONEY.has(job) }),
  }),
})

const ONE_LIST = holdsAtMost(MOST_WAITING)

export const WaitingRef = builder.objectRef<Waiting>('Waiting').implement({
  description: 'What waits for a person, oldest first, a hundred of each at the most.',
  fields: (t) => ({
    count: t.int({ resolve: (waiting) => Object.values(waiting).reduce((total, list) => total + list.length, 0) }),
    mismatches: t.expose('mismatches', { type: [MismatchRef], extensions: ONE_LIST }),
    heldPayments: t.expose('heldPayments', { type: [HeldPaymentRef], extensions: ONE_LIST }),
    stuckRefunds: t.expose('stuckRefunds', { type: [StuckRefundRef], extensions: ONE_LIST }),
    stuckOrders: t.expose('stuckOrders', { type: [StuckOrderRef], extensions: ONE_LIST }),
    deadJobs: t.expose('deadJobs', { type: [DeadJobRef], extensions: ONE_LIST }),
    billDifferences: t.expose('billDifferences', { type: [BillDifferenceRef], extensions: ONE_LIST }),
    missingBills: t.expose('missingBills', {
      type: [BillDayRef],
      extensions: ONE_LIST,
      description: 'Days that WeChat has no bill of, although we have payments or refunds of them.',
    }),
  }),
})

builder.queryField('waiting', (t) =>
  t.field({ type: WaitingRef, resolve: (_root, _args, { board }) => board.waiting() }),
)
