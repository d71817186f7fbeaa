import { closeSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5

/**
 * Keeps a folder for this sandbox until it is released. The lock is an exclusive transaction of SQLite: the operating
 * system takes it back when the process ends, however it ends.
 *
 * @returns undefined when another sandbox holds it.
 */
export function acquireFolder(folder: string): { release(): void } | undefined {
  const path = join(folder, 'lock')
  // Created with this mode, so that only its owner can open and lock it.
  closeSync(openSync(path, 'a', 0o600))
  const lock = new DatabaseSync(path)
  try {
    // Nothing is written to this database, so it needs no journal on disk.
    lock.exec('PRAGMA journal_mode = MEMORY')
    lock.exec('BEGIN EXCLUSIVE')
    return { release: () => lock.close() }
  } catch (error) {
    lock.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined
    throw error
  }
}

/** Replaces a file whole or not at all; by default only its owner can read it. */
export function replaceFile(path: string, text: string, mode = 0o600): void {
  const draft = `${path}.${process.pid}.tmp`
  writeFileSync(draft, text, { mode, flush: true })
  renameSync(draft, path)
}
