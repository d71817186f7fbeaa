import type { Command } from 'commander'
import { createProgram } from '../../src/admin/program.ts'

function notNeeded(): never {
  throw new Error('nothing is run')
}

/** All commands of `npm run admin --`, each with those that it belongs to, as `refunds adopt`. */
export function adminCommands(): string[] {
  const program = createProgram({
    open: notNeeded,
    openDeps: notNeeded,
    openQueue: notNeeded,
    say: notNeeded,
    write: notNeeded,
    complain: notNeeded,
  })
  return wordsOf(program)
}

function wordsOf(command: Command, before = ''): string[] {
  return command.commands.flatMap((each) => {
    const words = `${before}${each.name()}`
    return [words, ...wordsOf(each, `${words} `)]
  })
}
