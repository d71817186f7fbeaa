import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Locks a folder for this process. The lock is an open exclusive transaction of SQLite, which the operating system
 * releases when the process ends, however it ends.
 *
 * @returns what releases it; undefined when another process has the lock.
 */
export function lockFolder(folder: string): { close(): void } | undefined {
  const path = join(folder, 'lock')
  writeFileSync(path, '', { mode: 0o600, flag: 'a' })
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const lock = new DatabaseSync(path)
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (error instanceof Error && error.message.includes('locked')) return undefined
    throw error
  }
}

/** Writes a file atomically, readable by its owner alone. */
export function writeFileWhole(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, text, { mode: 0o600, flush: true })
  renameSync(temporary, path)
}
