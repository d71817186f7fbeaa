import { randomBytes } from 'node:crypto'
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { lockFolder, writeFileWhole } from './own-files.ts'
import { SetupError, systemCode } from './setup-error.ts'

/** The file that says where the console is. */
const CONSOLE_URL = 'console-url'

/** The folder where `npm start` keeps everything, locked by this process. */
export interface DataDir {
  path: string
  /** Created at the first call, and the same after every restart. */
  sessionSecret(): string
  /** Says where the console is, until the folder is closed, for {@link findConsoleUrl}. */
  sayConsoleUrl(url: string): void
  /** Releases the lock. */
  close(): void
}

/**
 * Creates the folder where it is missing, and locks it until it is closed or the process dies.
 *
 * @throws {SetupError} when it can't be written, or another process has locked it.
 */
export function openDataDir(dataDir: string): DataDir {
  const path = resolve(dataDir)
  const lock = explain(path, () => {
    // 0711: a database that runs as another user may pass through to its own folder, and list nothing.
    if (makeFolder(path)) chmodSync(path, 0o711)
    accessSync(path, constants.W_OK | constants.X_OK)
    return lockFolder(path) ?? refuseUsed(path)
  })
  const consoleUrl = join(path, CONSOLE_URL)
  // One that was killed has left it.
  const forgetConsoleUrl = () => rmSync(consoleUrl, { force: true })
  explain(path, forgetConsoleUrl)
  return {
    path,
    sessionSecret: () => explain(path, () => readOrMakeSecret(join(path, 'session-secret'))),
    sayConsoleUrl: (url) => explain(path, () => writeFileWhole(consoleUrl, url)),
    close: () => {
      forgetConsoleUrl()
      lock.close()
    },
  }
}

/** Where the console of the `npm start` that runs on a folder is; undefined while it has none, or none runs. */
export function findConsoleUrl(dataDir: string): string | undefined {
  const file = join(resolve(dataDir), CONSOLE_URL)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

/**
 * Creates a folder and its parents. (Node's own `recursive` never returns where an existing folder answers ENOENT, as
 * /proc does.)
 *
 * @returns false when it exists already.
 */
function makeFolder(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return false
  if (dirname(path) !== path) makeFolder(dirname(path))
  mkdirSync(path)
  return true
}

function refuseUsed(path: string): never {
  throw new SetupError(
    `Another process already uses ${path}. Stop it first, or set DATA_DIR to another folder (and PORT and SANDBOX_PORT to other ports).`,
  )
}

function readOrMakeSecret(file: string): string {
  if (!existsSync(file)) writeFileWhole(file, randomBytes(48).toString('base64url'))
  const secret = readFileSync(file, 'utf8').trim()
  if (Buffer.byteLength(secret) >= 32) return secret
  throw new SetupError(`${file} holds no session secret of 32 bytes or more: remove it, and the next start makes one.`)
}

function explain<Result>(path: string, act: () => Result): Result {
  try {
    return act()
  } catch (error) {
    if (error instanceof SetupError) throw error
    const reason = systemCode(error) ?? 'unknown reason'
    throw new SetupError(`${path} can't be written (${reason}): make it writable, or set DATA_DIR to another folder.`, {
      cause: error,
    })
  }
}
