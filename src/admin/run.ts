import { CommanderError } from 'commander'
import { UsageError } from '../act/errors.ts'
import { explainFailure } from '../act/failure.ts'
import { describeReason } from '../infra/wait.ts'
import { createProgram } from './program.ts'
import type { Terminal } from './terminal.ts'

/**
 * Runs one command of an operator's, and says why it couldn't be done.
 *
 * @param args what follows the command's name.
 * @returns the exit code: 0 when it is done, 1 when it couldn't be, 2 when it was asked for wrongly.
 */
export async function runCommand(terminal: Terminal, args: string[]): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    return explain(terminal, error)
  }
}

function explain(terminal: Terminal, error: unknown): number {
  // Commander has said it already; a `--help` is one too, and fine.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  const failure = explainFailure(error)?.text.en
  terminal.complain(failure ?? describeReason(error))
  if (failure === undefined) terminal.open().log.error({ err: error }, 'operator command failed')
  return error instanceof UsageError ? 2 : 1
}
