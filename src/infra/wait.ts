import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { z } from 'zod'
import { SpokenError } from '../errors.ts'
import type { Text } from '../texts.ts'
import { systemCode } from './setup-error.ts'
import { infraTexts } from './texts.ts'

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000
const REMIND_AFTER_MS = 30_000

export interface Waiting {
  log: Logger
  /** Ends the waiting. */
  signal?: AbortSignal
  /** True for errors that waiting can't help; they are thrown at once. */
  isHopeless: (error: unknown) => boolean
}

/**
 * Repeats `act` until it succeeds, for ever. Logs why it waits whenever the reason changes, and every 30 s.
 *
 * @throws a hopeless error, or the signal's reason once it is aborted.
 */
export async function untilAvailable<Result>(
  { log, signal, isHopeless }: Waiting,
  act: () => Promise<Result>,
): Promise<Result> {
  let logged = ''
  let loggedAt = 0
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    signal?.throwIfAborted()
    try {
      return await act()
    } catch (error) {
      if (isHopeless(error)) throw error
      const reason = describeReason(error)
      if (reason !== logged || performance.now() - loggedAt > REMIND_AFTER_MS) {
        const isServerAway = isAway(error) && describeRefusal(error) === undefined
        log.warn({ reason }, isServerAway ? 'server unavailable, trying again' : 'start not possible yet, trying again')
        logged = reason
        loggedAt = performance.now()
      }
    }
    await sleep(pauseMs, undefined, { signal })
  }
}

/** Repeats `act` until its server can be reached. Any other failure would only repeat itself, and is thrown at once. */
export function untilReachable<Result>(log: Logger, act: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
  return untilAvailable({ log, signal, isHopeless: (error) => !isAway(error) }, act)
}

/**
 * The result of `run` with a time limit.
 *
 * @throws {Error} after `withinMs`. `run` isn't stopped, but its signal is aborted and nobody waits for it any more.
 */
export async function inTime<Result>(run: (late: AbortSignal) => Promise<Result>, withinMs: number): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const giveUp = new AbortController()
  const timer = setTimeout(() => {
    reject(new SpokenError(infraTexts.late(withinMs / 1000)))
    giveUp.abort()
  }, withinMs)
  try {
    return await Promise.race([run(giveUp.signal), late])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * The messages of an error and its causes, in one line; Node leaves the message of several refused connections empty.
 */
export function describeReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const refusal = describeRefusal(error)
  if (refusal !== undefined) return refusal.en
  const parts = error instanceof AggregateError ? error.errors.map(describeReason) : []
  const cause = error.cause === undefined ? [] : [describeReason(error.cause)]
  return [messageOf(error.message), ...parts.slice(0, 1), ...cause].filter((text) => text !== '').join(': ')
}

/** The server's own message, which Prisma wraps in lines of its own. */
function messageOf(message: string): string {
  const text = /Message: `([^`]*)`/.exec(message)?.[1] ?? message.replace(/^\s*Invalid `[^`]*` invocation:/, '')
  return text.replaceAll(/\s+/g, ' ').trim()
}

/** The remedy when the database refuses the connection, with its own message; undefined for any other error. */
export function describeRefusal(error: unknown): Text | undefined {
  if (!(error instanceof Error)) return undefined
  const message = messageOf(hiddenMessage(error) ?? error.message)
  const remedy = POOLER.test(message)
    ? infraTexts.pooler
    : refusals.find(({ codes }) => codes.test(systemCode(error) ?? ''))?.remedy
  return remedy ? { en: `${remedy.en} (${message})`, zh: `${remedy.zh}（${message}）` } : describeRefusal(error.cause)
}

// PgBouncer's words.
const POOLER = /unsupported startup parameter/

// PostgreSQL's class 28 (authorization) and 3D000 (no such database); then the codes that Prisma gives them.
const refusals = [
  { codes: /^(28...|P1000|P1010)$/, remedy: infraTexts.userRefused },
  { codes: /^(3D000|P1003)$/, remedy: infraTexts.noDatabase },
]

/** PostgreSQL's own message, where Prisma replaces it by another. */
function hiddenMessage(error: Error): string | undefined {
  return AdapterError.safeParse(error).data?.meta.driverAdapterError.cause.originalMessage
}

const AdapterError = z.object({
  meta: z.object({ driverAdapterError: z.object({ cause: z.object({ originalMessage: z.string() }) }) }),
})

// Codes of the system; then of Prisma, which replaces them by its own; then PostgreSQL's classes 08 (connection) and
// 57P (starting, stopping), 53300 (too many connections), and 3D000 (the database doesn't exist yet).
const AWAY =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|ENOENT|P100[1238]|08...|57P0.|53300|3D000)$/
const AWAY_MESSAGE = /timeout expired|timeout exceeded|connection terminated|connection ended/i

/** True when an error, or its cause, means that a server can't be reached now and may be reached later. */
function isAway(error: unknown): boolean {
  if (!(error instanceof Error) || POOLER.test(error.message)) return false
  if (AWAY.test(systemCode(error) ?? '')) return true
  return AWAY_MESSAGE.test(error.message) || isAway(error.cause)
}
