import type { Logger } from 'pino'
import { addEnvFile, EnvFileError } from './config/env-file.ts'
import { type Config, ConfigError, type ConfigOf, loadConfig, type Role } from './config.ts'
import { openProcessLog } from './infra/logger.ts'
import { SetupError } from './infra/setup-error.ts'
import { openTracing } from './infra/tracing.ts'
import { describeRefusal, untilAvailable } from './infra/wait.ts'
import { WrongWechatError } from './infra/wechat-binding.ts'

/** How long a graceful stop may take; whatever still runs then is cut off. */
const STOP_WITHIN_MS = 9_000
/** A signal to a process group arrives a second time at once, through npm; only a later one comes from a person. */
const SECOND_SIGNAL_AFTER_MS = 1_000

/** What a process has while it starts. */
export interface Startup<Settings extends Config = Config> {
  config: Settings
  log: Logger
  env: NodeJS.ProcessEnv
  /** Aborted by the signal to stop. */
  stopping: AbortSignal
  /** Registers how a part is stopped; parts are stopped in the reverse order of their registration. */
  onStop: (part: string, end: () => Promise<void> | void) => void
  /** Registers how a part is stopped at once, when there is no time for a graceful stop. */
  onKill: (end: () => void) => void
  /** Repeats `act` until the servers that it needs can be reached. */
  whenThere: <Result>(act: () => Promise<Result>) => Promise<Result>
  /** Writes to standard output. */
  say: (lines: string) => void
}

/**
 * Runs a process until SIGTERM or SIGINT: reads the configuration, has `open` start the parts, and stops them. The exit
 * code is 0 after a signal, and 1 when the process can't run; then standard error says what to do.
 */
export async function runProcess<Of extends Role>(
  role: Of,
  open: (startup: Startup<ConfigOf[Of]>) => Promise<void>,
): Promise<void> {
  const { env, envFile } = readEnvironment()
  const config = readConfig(env, role)
  const log = openProcessLog(config)
  if (envFile !== undefined) log.info({ envFile }, 'settings read from a file too')
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
      log.error({ part: ending }, 'stop timed out, cutting off what is left')
      exit(code)
    }
    setTimeout(cutOff, STOP_WITHIN_MS)
  }
  const endParts = async (code: number) => {
    for (let ender = enders.pop(); ender; ender = enders.pop()) {
      ending = ender.part
      log.debug({ part: ending }, 'part stopping')
      try {
        await ender.end()
      } catch (error) {
        log.error({ err: error, part: ending }, 'part not stopped cleanly')
      }
    }
    killers.length = 0
    exit(code)
  }
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'process failed: uncaught exception')
    exit(1)
  })

  const opening = Promise.withResolvers<void>()
  onSignals({
    first: () => {
      log.info('process stopping')
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
    whenThere: (act) => untilAvailable({ log, signal: stopping.signal, isHopeless }, act),
    say: (lines) => void process.stdout.write(`${lines}\n`),
  }
  try {
    if (config.otlpEndpoint !== undefined) startup.onStop('traces', await openTracing(role, log))
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

/**
 * The environment, with what the file of settings adds to it, and the path of that file where it says anything. When it can't be
 * used, the process exits with a sentence.
 */
export function readEnvironment(): { env: NodeJS.ProcessEnv; envFile?: string } {
  try {
    return { envFile: addEnvFile(process.env), env: process.env }
  } catch (error) {
    if (!(error instanceof EnvFileError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

/** Reads the configuration. When it is wrong, the process exits with a list of every problem. */
export function readConfig<Of extends Role>(env: NodeJS.ProcessEnv, role: Of): ConfigOf[Of] {
  try {
    return loadConfig(env, role)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

/** True when a person must change something before a retry can succeed. */
function isHopeless(error: unknown): error is SetupError | ConfigError | WrongWechatError {
  return error instanceof SetupError || error instanceof ConfigError || error instanceof WrongWechatError
}

/** Reports why a process can't run: the remedy on standard error where there is one, else the error in the log. */
export function complain(log: Logger, error: unknown): void {
  const remedy = isHopeless(error) ? error.message : describeRefusal(error)?.en
  if (remedy !== undefined) process.stderr.write(`${remedy}\n`)
  else log.fatal({ err: error }, 'process start failed')
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
