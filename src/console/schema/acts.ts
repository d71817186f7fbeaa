import { dismissBillDifferences, repeatBill } from '../../act/bill.ts'
import { endDeadLetters } from '../../act/jobs.ts'
import { endListener } from '../../act/listener.ts'
import { urge } from '../../act/orders.ts'
import { adoptManualRefund, retryRefund, sendAbnormalRefund } from '../../act/refunds.ts'
import { decideMismatch } from '../../act/review.ts'
import { InvalidInputError } from '../../errors.ts'
import { parseDay } from '../../infra/shanghai.ts'
import { consoleTexts } from '../texts.ts'
import { anAct, perform, wishArgs } from './act.ts'
import { builder } from './builder.ts'

/** Each of the operator's command, by the same functions. */

const decisions = [
  ['Accept', 'accept', 'The money is right after all: it is settled as it is, and pays its order.'],
  ['Refund', 'refund', 'The money is wrong: the order is cancelled, and all of WeChat’s amount.total is refunded.'],
  ['Dismiss', 'dismiss', 'It belongs to no payment here, and was dealt with on the merchant platform.'],
] as const
for (const [name, decision, description] of decisions) {
  builder.mutationField(`review${name}`, (t) =>
    t.field({
      ...anAct,
      description,
      args: { id: t.arg.id({ required: true, description: 'Of a mismatch.' }), ...wishArgs },
      resolve: (_root, { id, ...wishes }, context) =>
        perform(context, wishes, (desk, wish) => decideMismatch(desk, { mismatchId: id, decision }, wish)),
    }),
  )
}

builder.mutationField('refundRetry', (t) =>
  t.field({
    ...anAct,
    description: 'Has a refund requested or queried at once, by the next worker that looks, under the same number.',
    args: { number: t.arg.id({ required: true, description: 'out_refund_no' }), ...wishArgs },
    resolve: (_root, { number, ...wishes }, context) =>
      perform(context, wishes, (desk, wish) => retryRefund(desk, number, wish)),
  }),
)

const BankCardInput = builder.inputType('BankCardInput', {
  description: 'Another bank card of the guest’s. It is kept nowhere.',
  fields: (t) => ({
    bankType: t.string({ required: true, description: 'WeChat’s short name of the bank, such as ICBC_DEBIT.' }),
    account: t.string({ required: true }),
    realName: t.string({ required: true }),
  }),
})

builder.mutationField('refundAbnormal', (t) =>
  t.field({
    ...anAct,
    description:
      'Sends an ABNORMAL refund to the merchant’s card, who pays the guest by other means, or to another card.',
    args: {
      number: t.arg.id({ required: true, description: 'out_refund_no' }),
      card: t.arg({ type: BankCardInput, description: 'Where it goes; without one to the merchant’s.' }),
      ...wishArgs,
    },
    resolve: (_root, { number: outRefundNo, card, ...wishes }, context) =>
      perform(context, wishes, (desk, wish) =>
        sendAbnormalRefund(desk, { outRefundNo, card: card ?? undefined }, wish),
      ),
  }),
)

builder.mutationField('refundAdopt', (t) =>
  t.field({
    ...anAct,
    description: 'Takes a manual refund, made on the merchant platform, into our books.',
    args: { number: t.arg.id({ required: true, description: 'out_refund_no' }), ...wishArgs },
    resolve: (_root, { number, ...wishes }, context) =>
      perform(context, wishes, (desk, wish) => adoptManualRefund(desk, number, wish)),
  }),
)

const ends = [
  ['Replay', 'replay', 'Enqueues dead letters again as the jobs that they were.'],
  ['Drop', 'drop', 'Deletes dead letters: nobody does their work.'],
] as const
for (const [name, end, description] of ends) {
  builder.mutationField(`job${name}`, (t) =>
    t.field({
      ...anAct,
      description,
      args: { ids: t.arg.idList({ required: true }), ...wishArgs },
      resolve: (_root, { ids, ...wishes }, context) =>
        perform(context, wishes, (desk, wish) => endDeadLetters(desk, { ids, end }, wish)),
    }),
  )
}

const urges = [
  ['Apply', 'apply', 'Applies its payments to an order now, and says why that fails.'],
  ['Close', 'close', 'Closes an unpaid order now, whose deadline is over, and says why that fails.'],
  [
    'Ship',
    'ship',
    'Reports a redeemed or expired order to WeChat now, which frees its money, and says why that fails.',
  ],
] as const
for (const [name, to, description] of urges) {
  builder.mutationField(`order${name}`, (t) =>
    t.field({
      ...anAct,
      description,
      args: { number: t.arg.id({ required: true, description: 'Of an order.' }), ...wishArgs },
      resolve: (_root, { number: orderSn, ...wishes }, context) =>
        perform(context, wishes, (desk, wish) => urge(desk, { orderSn, to }, wish)),
    }),
  )
}

builder.mutationField('billRepeat', (t) =>
  t.field({
    ...anAct,
    description: 'Has a day such as 2026-11-26 compared with WeChat’s bill again, by the next worker that looks.',
    args: { day: t.arg.string({ required: true }), ...wishArgs },
    resolve: (_root, { day: text, ...wishes }, context) =>
      perform(context, wishes, (desk, wish) => repeatBill(desk, readDay(text), wish)),
  }),
)

builder.mutationField('billDismiss', (t) =>
  t.field({
    ...anAct,
    description: 'Ends what differs about a number on a day, once a person has decided it: no money moves.',
    args: {
      day: t.arg.string({ required: true }),
      number: t.arg.id({ required: true, description: 'Of a payment, of a refund, or WeChat’s of it.' }),
      ...wishArgs,
    },
    resolve: (_root, { day, number, ...wishes }, context) =>
      perform(context, wishes, (desk, wish) => dismissBillDifferences(desk, { day: readDay(day), number }, wish)),
  }),
)

/** @throws {InvalidInputError} */
function readDay(text: string): Date {
  const day = parseDay(text)
  if (!day) throw new InvalidInputError([{ path: 'day', text: consoleTexts.notADay }])
  return day
}

builder.mutationField('listenerRemove', (t) =>
  t.field({
    ...anAct,
    description: 'Ends a listener that has left the code, or kafka-stream once no worker has KAFKA_BROKERS.',
    args: { id: t.arg.id({ required: true, description: 'Of a listener: its job.' }), ...wishArgs },
    resolve: (_root, { id, ...wishes }, context) =>
      perform(context, wishes, (desk, wish) => endListener(desk, id, wish)),
  }),
)
