import type { Command } from 'commander'
import { ENTRY_KINDS, type Entry, yuan } from '../timeline/entry.ts'
import { readTimeline, type Timeline } from '../timeline/read.ts'
import { optionsOf, sayResult, type Terminal } from './terminal.ts'

const KIND_WIDTH = Math.max(...ENTRY_KINDS.map(({ length }) => length))

/** `admin timeline …`: what happened, whatever number somebody has. */
export function addTimelineCommand(program: Command, terminal: Terminal): void {
  program
    .command('timeline')
    .description('what happened about an order: attempts, calls to WeChat, notices, events, jobs, messages, webhooks')
    .argument('<number>', 'of an order, a payment, a transaction, a refund, a mismatch or a notice')
    .action(async (number: string, _options: object, command: Command) => {
      const timeline = await readTimeline(terminal.open().db, number)
      sayResult(terminal, optionsOf(command), { number, ...timeline }, describeTimeline(timeline))
    })
}

function describeTimeline({ orders, payments, refunds, entries }: Timeline): string[] {
  return [
    ...orders.map(({ sn, tradeState, totalFen }) => `order ${sn} ${tradeState}, ${yuan(totalFen)}`),
    ...payments.map((payment) => `payment ${payment.sn} ${payment.status}${describeMoney(payment)}`),
    ...refunds.map(
      ({ outRefundNo, status, refundTotalFen }) => `refund ${outRefundNo} ${status}, ${yuan(refundTotalFen)}`,
    ),
    '',
    ...entries.map(describeEntry),
  ]
}

function describeMoney(payment: Timeline['payments'][number]): string {
  const { paidTotalFen, refundedTotalFen, transactionId, isUnderReview, isOnHold, isApplied } = payment
  const parts = [
    paidTotalFen !== null && `paid ${yuan(paidTotalFen)}`,
    transactionId !== null && `transaction ${transactionId}`,
    refundedTotalFen > 0 && `refunded ${yuan(refundedTotalFen)}`,
    isUnderReview && 'under review',
    isOnHold && 'on hold',
    !isApplied && 'not applied to its order yet',
  ]
  return parts
    .filter((part) => part !== false)
    .map((part) => `, ${part}`)
    .join('')
}

function describeEntry({ at, kind, number, text }: Entry): string {
  return `${at.toISOString()}  ${kind.padEnd(KIND_WIDTH)}  ${number}  ${text}`
}
