import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Takes a folder for this process. An open exclusive transaction of SQLite is a lock that the system takes back when a
 * process ends, however it ends.
 *
 * @returns what lets go of it; undefined when another process has it.
 */
export function lockFolder(folder: string): { close(): void } | undefined {
  const path = join(folder, 'lock')
  writeFileSync(path, '', { mode: 0o600, flag: 'a' })
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

/** Writes a file whole or not at all, readable by its owner alone. */
export function writeFileWhole(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, text, { mode: 0o600, flush: true })
  renameSync(temporary, path)
}
