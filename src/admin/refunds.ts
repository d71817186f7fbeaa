import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { type BankCard, retryAbnormalRefund } from '../payment/refund/advance.ts'
import { adoptRefund } from '../payment/refund/record.ts'
import {
  advanceNow,
  getRefund,
  type Held,
  listHeld,
  listStuckRefunds,
  type ShownRefund,
} from '../payment/refund/stuck.ts'
import { yuan } from '../timeline/entry.ts'
import { readCount } from './arguments.ts'
import { byOf, change, optionsOf, sayResult, type Terminal } from './terminal.ts'

/** `admin refunds …`: what doesn't reach the guest by itself. */
export function addRefundCommands(program: Command, terminal: Terminal): void {
  const refunds = program
    .command('refunds')
    .description('refunds that don’t reach the guest by themselves (docs/operations.md)')
  refunds
    .command('stuck')
    .description('refunds that are ABNORMAL, refused again and again, or under way for a week; and payments on hold')
    .option('--limit <count>', 'how many of each at most', readCount, 100)
    .action(async ({ limit }: { limit: number }, command: Command) => {
      const { db } = terminal.open()
      const [stuck, held] = [await listStuckRefunds(db, { limit }), await listHeld(db, { limit })]
      const lines = [...stuck.map(describeRefund), ...held.map(describeHeld)]
      sayResult(terminal, optionsOf(command), { refunds: stuck, held }, lines)
    })
  refunds
    .command('retry <number>')
    .description('has a refund requested or queried at once, by the next worker that looks, under the same number')
    .action(async (number: string, _options: object, command: Command) => {
      const options = optionsOf(command)
      const refund = await change(terminal.open(), options, { action: 'refunds retry', number }, (tx) =>
        advanceNow(tx, number),
      )
      sayResult(terminal, options, { refund }, [`refund ${number} is tried within seconds, while a worker runs`])
    })
  addAbnormalCommand(refunds, terminal)
  addAdoptCommand(refunds, terminal)
}

function addAbnormalCommand(refunds: Command, terminal: Terminal): void {
  refunds
    .command('abnormal <number>')
    .description(
      'sends an ABNORMAL refund to the merchant’s card, who pays the guest by other means, or to another card',
    )
    .option(
      '--card <file>',
      'JSON of another card of the guest’s: {"bankType":"ICBC_DEBIT","account":"…","realName":"…"}; - reads standard input',
      readCard,
    )
    .action(async (outRefundNo: string, { card }: { card?: BankCard }, command: Command) => {
      const options = optionsOf(command)
      const refund = await getRefund(terminal.open().db, outRefundNo)
      const to = card ? 'another card of the guest’s' : 'the merchant’s card'
      if (options.dryRun) {
        const would = `would send ${yuan(refund.refundTotal)} of refund ${outRefundNo}, which is ${refund.status}, to ${to}`
        return sayResult(terminal, options, { outRefundNo, status: refund.status, to }, [would])
      }
      const by = byOf(options)
      const deps = await terminal.openDeps()
      const outcome = await retryAbnormalRefund(deps, { outRefundNo, card, by })
      deps.log.info({ action: 'refunds abnormal', outRefundNo, outcome, ...by }, 'operator’s command')
      sayResult(terminal, options, { outRefundNo, to, outcome }, [`refund ${outRefundNo} is sent to ${to}`])
    })
}

function addAdoptCommand(refunds: Command, terminal: Terminal): void {
  refunds
    .command('adopt <number>')
    .description('takes a manual refund, made on the merchant platform, into our books: its out_refund_no')
    .action(async (outRefundNo: string, _options: object, command: Command) => {
      const options = optionsOf(command)
      if (options.dryRun) {
        const known = await terminal.open().db.refund.findUnique({ where: { outRefundNo }, select: { status: true } })
        const would = known ? `it is in our books already, as ${known.status}` : 'it isn’t in our books yet'
        return sayResult(terminal, options, { outRefundNo, known }, [
          `would query WeChat for refund ${outRefundNo}, and record what it reports: ${would}`,
        ])
      }
      const by = byOf(options)
      const deps = await terminal.openDeps()
      const outcome = await adoptRefund(deps, { outRefundNo, by })
      deps.log.info({ action: 'refunds adopt', outRefundNo, outcome, ...by }, 'operator’s command')
      sayResult(terminal, options, { outRefundNo, outcome }, [`refund ${outRefundNo} ${outcomes[outcome]}`])
    })
}

const outcomes = {
  MOVED: 'is in our books',
  SAME: 'was in our books before',
  MISMATCH: 'doesn’t fit our books: see review list',
}

const Card = z.strictObject({ bankType: z.string().min(1), account: z.string().min(1), realName: z.string().min(1) })

/** From a file: a command line is seen by everybody on the machine, and kept in a history. */
function readCard(file: string): BankCard {
  try {
    return Card.parse(JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8')))
  } catch {
    throw new InvalidArgumentError('It must be a file with the JSON of a card: bankType, account and realName.')
  }
}

function describeRefund(refund: ShownRefund): string {
  const { outRefundNo, paymentSn, cause, status, refundTotal, advanceCount, lastAnswer, nextAdvanceAt } = refund
  const next = nextAdvanceAt ? `, next try ${nextAdvanceAt.toISOString()}` : ''
  return `${outRefundNo} ${status} ${cause} ${yuan(refundTotal)} of payment ${paymentSn}, tries ${advanceCount}${next}: ${lastAnswer ?? ''}`
}

function describeHeld({ sn, orderSn, transactionId, heldAt }: Held): string {
  return `payment ${sn} of order ${orderSn}, transaction ${transactionId}, is on hold since ${heldAt?.toISOString()}: adopt its refund`
}
