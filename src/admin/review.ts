import type { Command } from 'commander'
import { acceptMismatch, refundMismatch } from '../payment/review/decide.ts'
import { dismissMismatch } from '../payment/review/dismiss.ts'
import { type Decision, getMismatchFor, listMismatches, type ShownMismatch } from '../payment/review/list.ts'
import { yuan } from '../timeline/entry.ts'
import { WechatPayError } from '../wechat/errors.ts'
import { readCount } from './arguments.ts'
import { byOf, optionsOf, sayResult, type Terminal } from './terminal.ts'

const decisions: Record<Decision, string> = {
  accept: 'the money is right after all: it is settled as it is, and pays its order',
  refund: 'the money is wrong: the order is cancelled, and all of WeChat’s amount.total is refunded',
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
      .action(async (mismatchId: string, _options: object, command: Command) => {
        await decide(terminal, command, { mismatchId, decision })
      })
  }
}

async function decide(
  terminal: Terminal,
  command: Command,
  { mismatchId, decision }: { mismatchId: string; decision: Decision },
): Promise<void> {
  const options = optionsOf(command)
  const mismatch = await getMismatchFor(terminal.open().db, { mismatchId, decision })
  if (options.dryRun) return sayResult(terminal, options, { mismatch }, [foresee(mismatch, decision)])
  const by = byOf(options)
  const deps = await terminal.openDeps()
  const resolution = await carryOut[decision](deps, { mismatchId, by }).catch((error: unknown) => {
    if (error instanceof WechatPayError && decision !== 'dismiss')
      terminal.complain('The decision is stored, and a worker carries it out once WeChat answers.')
    throw error
  })
  deps.log.info({ action: `review ${decision}`, mismatchId, resolution, ...by }, 'operator’s command')
  sayResult(terminal, options, { mismatchId, resolution }, [`mismatch ${mismatchId} is ${resolution}`])
}

const carryOut = {
  accept: acceptMismatch,
  refund: refundMismatch,
  dismiss: async (...args: Parameters<typeof dismissMismatch>) => {
    await dismissMismatch(...args)
    return 'DISMISSED' as const
  },
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

/** What a decision would do. */
function foresee(mismatch: ShownMismatch, decision: Decision): string {
  const { id, resolution, paymentSn, payment, reportedFen, transactionId } = mismatch
  if (resolution !== null) return `mismatch ${id} is ${resolution} already: the first decision holds`
  const money = `${yuan(reportedFen ?? 0)} of transaction ${transactionId}`
  if (decision === 'accept')
    return `would settle ${money} as payment ${paymentSn}, and apply it to order ${payment?.orderSn}`
  if (decision === 'refund')
    return `would cancel order ${payment?.orderSn}, and refund ${money} of payment ${paymentSn}`
  return `would dismiss mismatch ${id}: no money moves, and the same report changes nothing any more`
}
