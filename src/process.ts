import type { Logger } from 'pino'
import { type Config, ConfigError, type ConfigOf, loadConfig, type Role } from './config.ts'
import { openLogger } from './infra/logger.ts'
import { SetupError } from './infra/setup-error.ts'
import { describeRefusal, untilThere } from './infra/wait.ts'
import { WrongWechatError } from './infra/wechat-binding.ts'

/** How long a graceful stop may take; whatever still runs then is cut off. */
const STOP_WITHIN_MS = 9_000
/** A signal to a process group arrives again through npm; a person's second one comes later. */
const SECOND_SIGNAL_AFTER_MS = 1_000

/** What a process has while it comes up. */
export interface Startup<Settings extends Config = Config> {
  config: Settings
  log: Logger
  env: NodeJS.ProcessEnv
  /** Aborted when the process shall stop. */
  stopping: AbortSignal
  /** Adds what ends a part; parts end in the reverse order of their addition. */
  onStop: (part: string, end: () => Promise<void> | void) => void
  /** Adds what ends a part at once, without waiting, when there is no time for more. */
  onKill: (end: () => void) => void
  /** Repeats what needs a server until that is there. */
  whenThere: <Result>(act: () => Promise<Result>) => Promise<Result>
  /** Writes to standard output. */
  say: (lines: string) => void
}

/**
 * Runs a process until SIGTERM or SIGINT: reads the configuration, lets `open` bring up the parts, and ends them.
 * The exit code is 0 after a signal, 1 when the process can't run; then standard error says what to do.
 */
export async function runProcess<Of extends Role>(
  role: Of,
  open: (startup: Startup<ConfigOf[Of]>) => Promise<void>,
): Promise<void> {
  const env = process.env
  const config = readConfig(env, role)
  const log = openLogger(config.logLevel)
  const stopping = new AbortController()
  const enders: { part: string; end: () => Promise<void> | void }[] = []
  const killers: (() => void)[] = []

  const exit = (code: number): never => {
    for (const kill of killers) kill()
    process.exit(code)
  }
  let ending = ''
  const limitStop = (code: number) => {
    const cutOff = () => {
      log.error({ part: ending }, 'the stop takes too long, cutting off what is left')
      exit(code)
    }
    setTimeout(cutOff, STOP_WITHIN_MS)
  }
  const endParts = async (code: number) => {
    for (let ender = enders.pop(); ender; ender = enders.pop()) {
      ending = ender.part
      log.debug({ part: ending }, 'stopping a part')
      try {
        await ender.end()
      } catch (error) {
        log.error({ err: error, part: ending }, 'a part did not end well')
      }
    }
    killers.length = 0
    exit(code)
  }
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'an error that nobody handled')
    exit(1)
  })

  const opening = Promise.withResolvers<void>()
  onSignals({
    first: () => {
      log.info('stopping')
      stopping.abort()
      limitStop(0)
      void opening.promise.then(() => endParts(0))
    },
    second: () => exit(1),
  })
  const startup: Startup<ConfigOf[Of]> = {
    config,
    log,
    env,
    stopping: stopping.signal,
    onStop: (part, ender) => void enders.push({ part, end: ender }),
    onKill: (killer) => void killers.push(killer),
    whenThere: (act) => untilThere({ log, signal: stopping.signal, isHopeless }, act),
    say: (lines) => void process.stdout.write(`${lines}\n`),
  }
  try {
    await open(startup)
  } catch (error) {
    if (!stopping.signal.aborted) {
      complain(log, error)
      limitStop(1)
      await endParts(1)
    }
  }
  opening.resolve()
}

/** The configuration; a wrong one ends the process with a list of what is wrong. */
export function readConfig<Of extends Role>(env: NodeJS.ProcessEnv, role: Of): ConfigOf[Of] {
  try {
    return loadConfig(env, role)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

/** Whether a person must act before trying again makes sense. */
export function isHopeless(error: unknown): error is SetupError | ConfigError | WrongWechatError {
  return error instanceof SetupError || error instanceof ConfigError || error instanceof WrongWechatError
}

/** Says why a process can't run: to a person what to do, or to the log what happened. */
export function complain(log: Logger, error: unknown): void {
  const told = isHopeless(error) ? error.message : describeRefusal(error)
  if (told !== undefined) process.stderr.write(`${told}\n`)
  else log.fatal({ err: error }, 'the process can not start')
}

function onSignals({ first, second }: { first: () => void; second: () => void }): void {
  let firstAt: number | undefined
  const onSignal = () => {
    if (firstAt === undefined) {
      firstAt = performance.now()
      first()
    } else if (performance.now() - firstAt >= SECOND_SIGNAL_AFTER_MS) {
      second()
    }
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}
