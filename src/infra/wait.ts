import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { z } from 'zod'
import { systemCode } from './setup-error.ts'

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
        const isServerAway = isAway(error) && describeRefusal(error) === undefined
        log.warn({ reason }, isServerAway ? 'a server is not there yet, trying again' : 'not ready yet, trying again')
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
  const refusal = describeRefusal(error)
  if (refusal !== undefined) return refusal
  const parts = error instanceof AggregateError ? error.errors.map(describeReason) : []
  const cause = error.cause === undefined ? [] : [describeReason(error.cause)]
  return [wordsOf(error.message), ...parts.slice(0, 1), ...cause].filter((text) => text !== '').join(': ')
}

/** Prisma wraps the server's words in lines of its own. */
function wordsOf(message: string): string {
  const words = /Message: `([^`]*)`/.exec(message)?.[1] ?? message.replace(/^\s*Invalid `[^`]*` invocation:/, '')
  return words.replaceAll(/\s+/g, ' ').trim()
}

/** What to do when the database is there and doesn't let us in, with its words; undefined for any other error. */
export function describeRefusal(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const remedy = refusals.find(({ codes }) => codes.test(systemCode(error) ?? ''))?.remedy
  return remedy === undefined
    ? describeRefusal(error.cause)
    : `${remedy} (${wordsOf(hiddenWords(error) ?? error.message)})`
}

// PostgreSQL's class 28 (authorization) and "no such database"; then what Prisma makes of them.
const refusals = [
  { codes: /^(28...|P1000|P1010)$/, remedy: 'the database refuses this user: check DATABASE_URL' },
  { codes: /^(3D000|P1003)$/, remedy: 'the database that DATABASE_URL names does not exist yet: create it' },
]

/** What PostgreSQL said, where Prisma says something else. */
function hiddenWords(error: Error): string | undefined {
  return AdapterError.safeParse(error).data?.meta.driverAdapterError.cause.originalMessage
}

const AdapterError = z.object({
  meta: z.object({ driverAdapterError: z.object({ cause: z.object({ originalMessage: z.string() }) }) }),
})

// Of the system; then of Prisma, which hides what it was told; then PostgreSQL's classes 08 (connection) and 57P
// (starting, stopping), "too many connections", and a database that isn't made yet.
const AWAY =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|ENOENT|P100[1238]|08...|57P0.|53300|3D000)$/
const AWAY_SAID = /timeout expired|timeout exceeded|connection terminated|connection ended/i

/** Whether an error, or what caused it, means that a server can't be reached now and may be later. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (AWAY.test(systemCode(error) ?? '')) return true
  return AWAY_SAID.test(error.message) || isAway(error.cause)
}
