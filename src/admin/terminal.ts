import { userInfo } from 'node:os'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import type { Logger } from 'pino'
import type { Prisma } from '../../prisma/client/client.ts'
import type { ConfigOf } from '../config.ts'
import type { Deps } from '../deps.ts'
import { InvalidInputError, SpokenError } from '../errors.ts'
import { asJsonValue, type Database, type Tx } from '../infra/database.ts'
import type { Queue } from '../infra/queue.ts'
import { type By, recordAct } from '../operator/act.ts'
import { MiniProgramError, WechatPayError } from '../wechat/errors.ts'

/** What a command works with. */
export interface Opened {
  config: ConfigOf['admin']
  db: Database
  log: Logger
}

export interface Terminal {
  /** Connects on first use, so that `--help` needs no settings. */
  open(): Opened
  /** The same with WeChat, which needs its settings. */
  openDeps(): Promise<Deps>
  openQueue(): Promise<Queue>
  /** Writes a line to standard output. */
  say(text: string): void
  /** Writes texts to standard output, no faster than somebody reads them. */
  write(texts: AsyncIterable<string>): Promise<void>
  /** Writes a line to standard error. */
  complain(text: string): void
}

/**
 * Writes texts to a stream, each once the stream has room for it, and leaves it open. A reader that goes away, as `head`
 * does, has what it wanted.
 */
export async function writeTo(stream: Writable, texts: AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(texts, stream, { end: false })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error
  }
}

/** The options of every command. */
export interface CommonOptions {
  json?: boolean
  dryRun?: boolean
  as?: string
  reason?: string
}

export function optionsOf(command: Command): CommonOptions {
  return command.optsWithGlobals<CommonOptions>()
}

/** Who wants it, and why: whom the options name, else the user of this machine. */
export function byOf({ as, reason }: CommonOptions): By {
  return { operator: as ?? ownName(), reason }
}

function ownName(): string {
  try {
    return userInfo().username
  } catch {
    // A container's user needn't have a name.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

/** Options that make no sense together. */
export class UsageError extends InvalidInputError {}

/** Ends the transaction of a dry run. */
class DryRun extends Error {}

/** What a command is about, for the trail and the log; no secrets and no people. */
interface About<Result> {
  action: string
  /** By which it is found. */
  number?: string | ((result: Result) => string)
  detail?: object
}

/**
 * Runs what a command changes in one transaction, with who wanted it and why, for the trail; a dry run takes all of it back. The
 * log says the same.
 */
export async function change<Result>(
  { db, log }: Pick<Opened, 'db' | 'log'>,
  options: CommonOptions,
  { action, number, detail }: About<Result>,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  const by = byOf(options)
  const numberOf = (result: Result) => (typeof number === 'function' ? number(result) : number)
  const result = await tryOut(db, options, async (tx) => {
    const done = await work(tx)
    const kept = detail && (asJsonValue(detail) as Prisma.InputJsonObject)
    await recordAct(tx, { by, action, number: numberOf(done), detail: kept })
    return done
  })
  const about = { action, number: numberOf(result), ...detail, ...by, dryRun: options.dryRun === true }
  log.info(about, 'operator’s command')
  return result
}

/** Runs a transaction, which a dry run takes back. */
export async function tryOut<Result>(
  db: Database,
  { dryRun }: CommonOptions,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  let result: { of: Result } | undefined
  const run = db.$transaction(async (tx) => {
    result = { of: await work(tx) }
    if (dryRun) throw new DryRun()
  })
  await run.catch((error: unknown) => {
    if (!(error instanceof DryRun)) throw error
  })
  if (!result) throw new Error('a transaction gave no result')
  return result.of
}

/** Says a result: as one JSON document, or as lines for a person, for whom an empty list is `none`. */
export function sayResult(
  { say }: Pick<Terminal, 'say'>,
  options: CommonOptions,
  result: object,
  lines: string[],
): void {
  const dryRun = options.dryRun === true
  if (options.json) return say(JSON.stringify(dryRun ? { dryRun, ...result } : result, null, 2))
  const said = lines.length === 0 ? ['none'] : lines
  for (const line of dryRun ? ['Dry run: nothing is changed.', ...said] : said) say(line)
}

/** What was wrong with a command, for a person; undefined for what isn't expected. */
export function describeFailure(error: unknown): string | undefined {
  if (error instanceof InvalidInputError) return error.fields.map(({ path, text }) => `${path} ${text.en}`).join('\n')
  if (error instanceof WechatPayError) return [error.message, error.hint].filter(Boolean).join('\n')
  return error instanceof SpokenError || error instanceof MiniProgramError ? error.message : undefined
}
