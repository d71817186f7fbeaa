import type { Command } from 'commander'
import { SpokenError } from '../errors.ts'
import { listWorkers, readSecondsUnseen, SEEN_WITHIN_SECONDS } from '../infra/worker-rows.ts'
import { countWaiting } from '../payment/review/alert-overdue.ts'
import { optionsOf, sayResult, type Terminal } from './terminal.ts'
import { adminTexts } from './texts.ts'

/** `admin heartbeat`: whether anybody works, and what waits for a person; for a person, or for whatever watches by exit codes. */
export function addHeartbeatCommand(program: Command, terminal: Terminal): void {
  program
    .command('heartbeat')
    .description(
      `the workers that live, and what waits for a person; ends with 1 while no worker was seen for ${SEEN_WITHIN_SECONDS} s`,
    )
    .action(async (_options: object, command: Command) => {
      const { db } = terminal.open()
      const workers = await listWorkers(db)
      const waiting = await countWaiting({ db })
      const isAlive = (await readSecondsUnseen(db)) < SEEN_WITHIN_SECONDS
      const lines = [
        ...workers.map(
          ({ id, startedAt, lastSeenAt }) =>
            `worker ${id} since ${startedAt.toISOString()}, seen ${lastSeenAt.toISOString()}`,
        ),
        ...Object.entries(waiting).map(
          ([kind, { count, overdue }]) => `${kind}: ${count} wait for a person, ${overdue} overdue`,
        ),
      ]
      sayResult(terminal, optionsOf(command), { isAlive, workers, waiting }, lines)
      if (!isAlive) throw new SpokenError(adminTexts.noWorker)
    })
}
