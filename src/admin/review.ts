import type { Command } from 'commander'
import { decideMismatch } from '../act/review.ts'
import { type Decision, listMismatches, type ShownMismatch } from '../payment/review/list.ts'
import { yuan } from '../timeline/entry.ts'
import { readCount } from './arguments.ts'
import { act, optionsOf, sayResult, type Terminal } from './terminal.ts'

const decisions: Record<Decision, string> = {
  accept: 'the money is right after all: it is settled as it is, and pays its order',
  refund:
    'the money is wrong: all of WeChat’s amount.total is refunded, and the order cancelled unless another attempt’s money may pay it',
  dismiss: 'it belongs to no payment here, and was dealt with on the merchant platform',
}

/** `admin review …`: what WeChat reports and doesn't fit our books. */
export function addReviewCommands(program: Command, terminal: Terminal): void {
  const review = program
    .command('review')
    .description('what WeChat reports and doesn’t fit our books (docs/operations.md)')
  review
    .command('list')
    .description('what waits for a decision, oldest first, with what can be decided')
    .option('--limit <count>', 'how many at most', readCount, 100)
    .action(async ({ limit }: { limit: number }, command: Command) => {
      const mismatches = await listMismatches(terminal.open().db, { limit })
      sayResult(terminal, optionsOf(command), { mismatches }, mismatches.map(describeMismatch))
    })
  for (const decision of ['accept', 'refund', 'dismiss'] as const) {
    review
      .command(`${decision} <mismatch>`)
      .description(decisions[decision])
      .action((mismatchId: string, _options: object, command: Command) =>
        act(terminal, command, decideMismatch, { mismatchId, decision }),
      )
  }
}

function describeMismatch(mismatch: ShownMismatch): string {
  const { id, createdAt, subject, kind, number, transactionId, reportedFen, payment, resolution, decisions } = mismatch
  const transaction = transactionId === '' ? '' : `, transaction ${transactionId}`
  const reported = reportedFen === null ? '' : `, WeChat reports ${yuan(reportedFen)}`
  const ours = payment ? `, payment ${mismatch.paymentSn} is ${payment.status} of ${yuan(payment.payTotal)}` : ''
  const state =
    resolution === null ? decisions.join(' or ') : `${resolution}, not carried out yet: ${decisions.join(' or ')}`
  return `${id} ${createdAt.toISOString()} ${subject} ${kind} ${number}${transaction}${reported}${ours}: ${state}`
}
