import type { Logger } from 'pino'
import type { Prisma } from '../../prisma/client/client.ts'
import type { Config } from '../config.ts'
import type { Deps } from '../deps.ts'
import { asJsonValue, type Database, type Tx } from '../infra/database.ts'
import type { Queue } from '../infra/queue.ts'
import { type By, recordAct } from '../operator/act.ts'
import type { Text } from '../texts.ts'

/**
 * What operators can do has two faces, the command and the console, and one function for each act: it takes a desk, what it is
 * about, and a wish; a dry run says what would happen, and changes nothing.
 */

/** What acts work with: at a terminal opened on first use, in the console the app's. */
export interface Desk {
  config: Pick<Config, 'webhook' | 'production'>
  db: Database
  log: Logger
  /** With WeChat. */
  openDeps(): Promise<Deps>
  openQueue(): Promise<Queue>
}

export interface Wish {
  by: By
  /** Says what would happen, and changes nothing. */
  dryRun: boolean
}

/** What has happened, or would. */
export interface Outcome<Result extends object = object> {
  /** For programs. */
  result: Result
  sentences: Text[]
}

/** The longest that an act's transaction takes, whichever face it is wanted by: a replay of a long time takes its time. */
const PATIENT_MS = 120_000

/** Ends the transaction of a dry run. */
class DryRun extends Error {}

/** What an act is about, for the trail and the log; no secrets and no people. */
export interface About<Result> {
  action: string
  /** By which it is found. */
  number?: string | ((result: Result) => string)
  detail?: object
}

/**
 * Runs what an act changes in one transaction, with who wanted it and why, for the trail; a dry run takes all of it back. The
 * log says the same.
 */
export async function change<Result>(
  { db, log }: Pick<Desk, 'db' | 'log'>,
  wish: Wish,
  { action, number, detail }: About<Result>,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  const { by } = wish
  const numberOf = (result: Result) => (typeof number === 'function' ? number(result) : number)
  const result = await tryOut(db, wish, async (tx) => {
    const done = await work(tx)
    const kept = detail && (asJsonValue(detail) as Prisma.InputJsonObject)
    await recordAct(tx, { by, action, number: numberOf(done), detail: kept })
    return done
  })
  logAct(log, wish, { action, number: numberOf(result), ...detail })
  return result
}

/** Says in the log what was done, or tried out. */
export function logAct(log: Logger, { by, dryRun }: Wish, about: { action: string } & Record<string, unknown>): void {
  log.info({ ...about, ...by, dryRun }, dryRun ? 'operator act tried (dry run)' : 'operator act done')
}

/** Runs a transaction, which a dry run takes back. */
export async function tryOut<Result>(
  db: Database,
  { dryRun }: Pick<Wish, 'dryRun'>,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  let result: { of: Result } | undefined
  const attempt = async (tx: Tx) => {
    result = { of: await work(tx) }
    if (dryRun) throw new DryRun()
  }
  const run = db.$transaction(attempt, { timeout: PATIENT_MS })
  await run.catch((error: unknown) => {
    if (!(error instanceof DryRun)) throw error
  })
  if (!result) throw new Error('a transaction gave no result')
  return result.of
}
