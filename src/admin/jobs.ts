import type { Command } from 'commander'
import { NotFoundError } from '../errors.ts'
import type { Tx } from '../infra/database.ts'
import {
  type DeadLetter,
  dropDeadLetters,
  listDeadLetters,
  lockDeadLetters,
  replayDeadLetters,
} from '../infra/dead-letters.ts'
import { recordAct } from '../operator/act.ts'
import { readCount } from './arguments.ts'
import { byOf, optionsOf, sayResult, type Terminal, tryOut, UsageError } from './terminal.ts'
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
      const options = optionsOf(command)
      const { db, log } = terminal.open()
      const queue = end === 'replay' ? await terminal.openQueue() : undefined
      const by = byOf(options)
      const found = await tryOut(db, options, async (tx) => {
        const letters = await lockDeadLetters(tx, all ? await allIds(tx) : ids)
        const lockedIds = letters.map(({ id }) => id)
        if (queue) await replayDeadLetters(queue, tx, lockedIds)
        else await dropDeadLetters(tx, lockedIds)
        for (const letter of letters)
          await recordAct(tx, { by, action: `jobs ${end}`, number: numberOf(letter), detail: detailOf(letter) })
        return letters
      })
      if (found.length === 0 && !all) throw new NotFoundError(adminTexts.deadLetter)
      const missing = ids.filter((id) => !found.some((letter) => letter.id === id))
      log.info(
        { action: `jobs ${end}`, count: found.length, dryRun: options.dryRun === true, ...by },
        'operator’s command',
      )
      const lines = [
        ...found.map((letter) => `${end}: ${describeDeadLetter(letter)}`),
        ...missing.map((id) => `${id} is no dead letter (any more)`),
      ]
      sayResult(terminal, options, { jobs: found, missing }, lines)
    })
}

async function allIds(tx: Tx): Promise<string[]> {
  return (await listDeadLetters(tx, { limit: MOST_AT_ONCE })).map(({ id }) => id)
}

const MOST_AT_ONCE = 1_000

function numberOf({ data }: DeadLetter): string {
  const { paymentSn, orderSn } = (data ?? {}) as { paymentSn?: unknown; orderSn?: unknown }
  return [paymentSn, orderSn].find((number) => typeof number === 'string') ?? ''
}

function detailOf({ id, job }: DeadLetter) {
  return { id, job }
}

function describeDeadLetter({ id, job, data, deadSince, retries }: DeadLetter): string {
  return `${id} ${job} ${JSON.stringify(data)} dead since ${deadSince.toISOString()}, retries ${retries ?? 0}`
}
