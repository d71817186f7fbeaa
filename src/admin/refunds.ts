import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { adoptManualRefund, retryRefund, sendAbnormalRefund } from '../act/refunds.ts'
import type { BankCard } from '../payment/refund/advance.ts'
import { type Held, listHeld, listStuckRefunds, type ShownRefund } from '../payment/refund/stuck.ts'
import { yuan } from '../timeline/entry.ts'
import { readCount } from './arguments.ts'
import { act, optionsOf, sayResult, type Terminal } from './terminal.ts'

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
    .action((number: string, _options: object, command: Command) => act(terminal, command, retryRefund, number))
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
    .action((outRefundNo: string, { card }: { card?: BankCard }, command: Command) =>
      act(terminal, command, sendAbnormalRefund, { outRefundNo, card }),
    )
}

function addAdoptCommand(refunds: Command, terminal: Terminal): void {
  refunds
    .command('adopt <number>')
    .description('takes a manual refund, made on the merchant platform, into our books: its out_refund_no')
    .action((outRefundNo: string, _options: object, command: Command) =>
      act(terminal, command, adoptManualRefund, outRefundNo),
    )
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
