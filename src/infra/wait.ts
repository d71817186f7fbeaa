import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000
const REMIND_AFTER_MS = 30_000

export interface Waiting {
  log: Logger
  /** Ends the waiting. */
  signal?: AbortSignal
  /** Errors that no waiting mends; they are thrown at once. */
  isHopeless: (error: unknown) => boolean
}

/**
 * Repeats `act` until it succeeds, for ever. Says why it waits whenever the reason changes, and every 30 s.
 *
 * @throws what is hopeless, and the signal's reason once it is aborted.
 */
export async function untilThere<Result>(
  { log, signal, isHopeless }: Waiting,
  act: () => Promise<Result>,
): Promise<Result> {
  let said = ''
  let saidAt = 0
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    signal?.throwIfAborted()
    try {
      return await act()
    } catch (error) {
      if (isHopeless(error)) throw error
      const reason = describeReason(error)
      if (reason !== said || performance.now() - saidAt > REMIND_AFTER_MS) {
        log.warn({ reason }, isAway(error) ? 'a server is not there yet, trying again' : 'not ready yet, trying again')
        said = reason
        saidAt = performance.now()
      }
    }
    await sleep(pauseMs, undefined, { signal })
  }
}

/** Repeats `act` until its server can be reached; any other failure would come again, and is thrown at once. */
export function untilReachable<Result>(log: Logger, act: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
  return untilThere({ log, signal, isHopeless: (error) => !isAway(error) }, act)
}

/** The messages of an error and its causes, in one line; Node leaves the message of several refused connections empty. */
export function describeReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const parts = error instanceof AggregateError ? error.errors.map(describeReason) : []
  const cause = error.cause === undefined ? [] : [describeReason(error.cause)]
  return [wordsOf(error.message), ...parts.slice(0, 1), ...cause].filter((text) => text !== '').join(': ')
}

/** Prisma wraps the server's words in lines of its own. */
function wordsOf(message: string): string {
  return (/Message: `([^`]*)`/.exec(message)?.[1] ?? message).replaceAll(/\s+/g, ' ').trim()
}

// Of the system; then of Prisma, which hides what it was told; then PostgreSQL's classes 08 (connection) and 57P
// (starting, stopping), "too many connections", and a database that isn't made yet.
const AWAY =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|ENOENT|P100[1238]|08...|57P0.|53300|3D000)$/
const AWAY_SAID = /timeout expired|timeout exceeded|connection terminated|connection ended/i

/** Whether an error, or what caused it, means that a server can't be reached now and may be later. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && typeof error.code === 'string' && AWAY.test(error.code)) return true
  return AWAY_SAID.test(error.message) || isAway(error.cause)
}
