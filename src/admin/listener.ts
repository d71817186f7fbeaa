import type { Command } from 'commander'
import { listListeners, removeListener } from '../payment/outbox/listeners.ts'
import { change, optionsOf, sayResult, type Terminal } from './terminal.ts'

/** `admin listener …`: who hears of every change of a payment. */
export function addListenerCommands(program: Command, terminal: Terminal): void {
  const listener = program.command('listener').description('who hears of every change of a payment (docs/events.md)')
  listener
    .command('list')
    .description('all listeners, with what waits for them')
    .action(async (_options: object, command: Command) => {
      const listeners = await listListeners(terminal.open().db)
      const lines = listeners.map(
        ({ job, createdAt, waiting }) => `${job} since ${createdAt.toISOString()}, ${waiting} waiting`,
      )
      sayResult(terminal, optionsOf(command), { listeners }, lines)
    })
  listener
    .command('remove <listener>')
    .description('ends one that has left the code, or kafka-stream once no worker has KAFKA_BROKERS')
    .action(async (job: string, _options: object, command: Command) => {
      const options = optionsOf(command)
      const about = { action: 'listener remove', number: job }
      const removed = await change(terminal.open(), options, about, (tx) => removeListener(tx, job))
      sayResult(terminal, options, { listener: removed }, [`${removed.job} hears of nothing any more`])
    })
}
