import { createRequire } from 'node:module'
import { isatty } from 'node:tty'
import { systemCode } from './setup-error.ts'

const STANDARD_ERROR = 2

/**
 * What makes a line of the log one for a person, where standard error is a terminal and pino-pretty is installed, as it is
 * for development alone; else undefined.
 */
export function findTerminalFormat(): ((line: string) => string) | undefined {
  return isatty(STANDARD_ERROR) ? openTerminalFormat({ colorize: process.stderr.hasColors() }) : undefined
}

/**
 * The same for any terminal. It formats in this thread and at once, so that the last lines of a process aren't lost, as they
 * would be in a thread of their own.
 */
export function openTerminalFormat({ colorize }: { colorize: boolean }): ((line: string) => string) | undefined {
  const format = loadPretty()?.prettyFactory({ colorize, singleLine: true, translateTime: 'SYS:HH:MM:ss.l' })
  // Of the control characters, which a terminal obeys, it leaves these.
  return format && ((line) => format(line.replaceAll(/[\u007f-\u009f]/g, '')))
}

function loadPretty(): typeof import('pino-pretty') | undefined {
  try {
    return createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty')
  } catch (error) {
    if (systemCode(error) === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}
