import type { Command } from 'commander'
import { endListener } from '../act/listener.ts'
import { listListeners } from '../payment/outbox/listeners.ts'
import { act, optionsOf, sayResult, type Terminal } from './terminal.ts'

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
    .action((job: string, _options: object, command: Command) => act(terminal, command, endListener, job))
}
