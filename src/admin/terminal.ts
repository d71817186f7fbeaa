import { userInfo } from 'node:os'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import type { Logger } from 'pino'
import { type Desk, type Outcome, type Wish } from '../act/desk.ts'
import type { ConfigOf } from '../config.ts'
import type { Deps } from '../deps.ts'
import type { Database } from '../infra/database.ts'
import type { Queue } from '../infra/queue.ts'
import type { By } from '../operator/act.ts'

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
function byOf({ as, reason }: CommonOptions): By {
  return { operator: as ?? ownName(), via: 'COMMAND', reason }
}

function ownName(): string {
  try {
    return userInfo().username
  } catch {
    // A container's user needn't have a name.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

/** What the options wish for. */
export function wishOf(options: CommonOptions): Wish {
  return { by: byOf(options), dryRun: options.dryRun === true }
}

/** What acts work with. */
function deskOf({ open, openDeps, openQueue }: Terminal): Desk {
  return { ...open(), openDeps, openQueue }
}

/** Runs a command that is an act, and says what came of it. */
export async function act<Input>(
  terminal: Terminal,
  command: Command,
  work: (desk: Desk, input: Input, wish: Wish) => Promise<Outcome>,
  input: Input,
): Promise<void> {
  const options = optionsOf(command)
  const { result, sentences } = await work(deskOf(terminal), input, wishOf(options))
  sayResult(
    terminal,
    options,
    result,
    sentences.map(({ en }) => en),
  )
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
