import pino, { type DestinationStream, type Logger } from 'pino'
import { maskLine } from './mask.ts'
import { requestFields } from './request-context.ts'
import { findTerminalFormat } from './terminal-format.ts'

/**
 * The log of a process, on standard error: standard output is for the few lines that say where things run. In a terminal,
 * in development, its lines are made for a person; everywhere else they are JSON.
 */
export function openProcessLog({ logLevel, production }: { logLevel: string; production: boolean }): Logger {
  return openLogger(logLevel, openStandardError(production ? undefined : findTerminalFormat()))
}

/**
 * A logger that writes one JSON object per line. Lines of a request carry its id. Secrets, phone numbers, openids and the
 * values of rows that break a constraint are masked (mask.ts).
 */
export function openLogger(level: string, destination: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      mixin: requestFields,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
      hooks: { streamWrite: maskLine },
    },
    destination,
  )
}

/**
 * Standard error. The lines of one moment are written at once: the payments that were settled by one statement are logged
 * in one turn, and a system call for each would cost as much as decrypting its notice. Nothing is left unwritten when the
 * process exits.
 */
function openStandardError(format?: (line: string) => string): DestinationStream & { flushSync(): void } {
  const standardError = pino.destination(2)
  let lines = ''
  const flushSync = () => {
    if (lines !== '') standardError.write(lines)
    lines = ''
  }
  process.on('exit', flushSync)
  return {
    write(line) {
      if (lines === '') process.nextTick(flushSync)
      lines += format ? format(line) : line
    },
    flushSync,
  }
}

/**
 * Without the `client` that pg attaches to errors of its pools: the connection, with the key that cancels its queries.
 */
function describeError(error: Error): object {
  const { client: _connection, ...described } = pino.stdSerializers.err(error) as { client?: unknown }
  return described
}
