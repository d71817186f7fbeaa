import { type Command, InvalidArgumentError } from 'commander'
import { dismissBillDifferences, repeatBill } from '../act/bill.ts'
import { exportDay } from '../bill/export.ts'
import { formatDay, parseDay } from '../infra/shanghai.ts'
import { act, type Terminal } from './terminal.ts'

/** `admin bill …`: WeChat's bill of a day, and what our books say differently (docs/bill.md). */
export function addBillCommands(program: Command, terminal: Terminal): void {
  const bill = program
    .command('bill')
    .description('has a day compared with WeChat’s bill again, by the next worker that looks (docs/bill.md)')
    .argument('<date>', 'the day in China, such as 2026-11-27', readDay)
    .action((day: Date, _options: object, command: Command) => act(terminal, command, repeatBill, day))
  bill
    .command('dismiss')
    .description('ends what differs about a number on a day, once a person has decided it (docs/bill.md)')
    .argument('<date>', 'the day in China', readDay)
    .argument('<number>', 'the payment’s, the refund’s, or WeChat’s of it')
    .action((day: Date, number: string, _options: object, command: Command) =>
      act(terminal, command, dismissBillDifferences, { day, number }),
    )
  bill
    .command('export')
    .description('every line of a day, with what differs, for an accountant')
    .argument('<date>', 'the day in China', readDay)
    .option('--format <format>', 'csv or json', readFormat, 'csv')
    .action(async (day: Date, { format }: { format: 'csv' | 'json' }) => {
      const billOn = formatDay(day)
      await terminal.write(exportDay(terminal.open().db, { billOn, format }))
    })
}

function readDay(text: string): Date {
  const day = parseDay(text)
  if (day) return day
  throw new InvalidArgumentError('It must be a day like 2026-11-27.')
}

function readFormat(text: string): 'csv' | 'json' {
  if (text === 'csv' || text === 'json') return text
  throw new InvalidArgumentError('It must be csv or json.')
}
