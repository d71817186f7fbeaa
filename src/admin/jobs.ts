import type { Command } from 'commander'
import { UsageError } from '../act/errors.ts'
import { describeDeadLetter, endDeadLetters } from '../act/jobs.ts'
import { listDeadLetters } from '../infra/dead-letters.ts'
import { readCount } from './arguments.ts'
import { act, optionsOf, sayResult, type Terminal } from './terminal.ts'
import { adminTexts } from './texts.ts'

/** `admin jobs …`: the jobs that no retry can help. */
export function addJobCommands(program: Command, terminal: Terminal): void {
  const jobs = program.command('jobs').description('jobs that no retry could help: dead letters')
  jobs
    .command('dead')
    .description('those that wait for a person, oldest first')
    .option('--limit <count>', 'how many at most', readCount, 100)
    .action(async ({ limit }: { limit: number }, command: Command) => {
      const deadLetters = await listDeadLetters(terminal.open().db, { limit })
      sayResult(terminal, optionsOf(command), { deadLetters }, deadLetters.map(describeDeadLetter))
    })
  addEndCommand(jobs, terminal, 'replay', 'enqueues dead letters again as the jobs that they were')
  addEndCommand(jobs, terminal, 'drop', 'deletes dead letters: nobody does their work')
}

function addEndCommand(jobs: Command, terminal: Terminal, end: 'replay' | 'drop', description: string): void {
  jobs
    .command(`${end} [ids...]`)
    .description(description)
    .option('--all', 'all of them')
    .action(async (ids: string[], { all }: { all?: boolean }, command: Command) => {
      if ((ids.length === 0) !== (all === true)) throw new UsageError([{ path: end, text: adminTexts.chooseJobs }])
      await act(terminal, command, endDeadLetters, { ids: all ? 'all' : ids, end })
    })
}
