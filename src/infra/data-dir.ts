import { randomBytes } from 'node:crypto'
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { lockFolder, writeFileWhole } from './own-files.ts'
import { SetupError, systemCode } from './setup-error.ts'

/** The folder that `npm start` keeps everything in, held by this process alone. */
export interface DataDir {
  path: string
  /** Made once, kept for the next start. */
  sessionSecret(): string
  /** Lets go of the folder. */
  close(): void
}

/**
 * Makes the folder where it is missing, and takes it for this process until it closes or dies.
 *
 * @throws {SetupError} when it can't be written, or another process has it.
 */
export function openDataDir(dataDir: string): DataDir {
  const path = resolve(dataDir)
  const lock = explain(path, () => {
    // Others may pass through, for a database that runs as another user, and see nothing.
    if (makeFolder(path)) chmodSync(path, 0o711)
    accessSync(path, constants.W_OK | constants.X_OK)
    return lockFolder(path) ?? refuseUsed(path)
  })
  return {
    path,
    sessionSecret: () => explain(path, () => readOrMakeSecret(join(path, 'session-secret'))),
    close: () => lock.close(),
  }
}

/**
 * Makes a folder and those above it. (Node's `recursive` never returns where the system says that a folder can't be made
 * in one that is there, as it does below /proc.)
 *
 * @returns false when it is there already.
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
