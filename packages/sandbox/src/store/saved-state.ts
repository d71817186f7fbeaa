import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Credentials } from '../keys/credentials.ts'
import { acquireFolder, replaceFile } from './files.ts'
import { type Change, type Ledger, openLedger, tableNames } from './ledger.ts'

export interface State {
  credentials: Credentials
  ledger: Ledger
  close(): void
}

/**
 * The credentials and the ledger. Without `stateDir` they are new and end with the process. With it they are those of
 * the last run, and each commit is written before its call is answered, so that killing the process loses nothing.
 *
 * @throws {Error} when another sandbox uses `stateDir`, or a file in it is damaged.
 */
export async function openState(
  stateDir: string | undefined,
  makeCredentials: () => Promise<Credentials>,
): Promise<State> {
  if (stateDir === undefined) {
    return { credentials: await makeCredentials(), ledger: openLedger([], () => {}), close: () => {} }
  }
  mkdirSync(stateDir, { recursive: true })
  const lock = acquireFolder(stateDir)
  if (!lock)
    throw new Error(`Another sandbox uses ${stateDir}: stop it, or choose another folder by DATA_DIR or --data-dir.`)
  try {
    const credentials = await openCredentials(join(stateDir, 'credentials.json'), makeCredentials)
    const journal = openJournal(join(stateDir, 'ledger.jsonl'))
    return {
      credentials,
      ledger: journal.ledger,
      close() {
        journal.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

async function openCredentials(path: string, makeCredentials: () => Promise<Credentials>): Promise<Credentials> {
  if (existsSync(path)) return readJson(path, readFileSync(path, 'utf8')) as Credentials
  const credentials = await makeCredentials()
  replaceFile(path, `${JSON.stringify(credentials, null, 2)}\n`)
  return credentials
}

/** A file with one line per commit. Opening it rewrites it with one line per row. */
function openJournal(path: string): { ledger: Ledger; close(): void } {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
  // What follows the last line feed is empty, or a commit whose writing was interrupted: its call wasn't answered.
  lines.pop()
  const ledger = openLedger(
    lines.flatMap((line) => readJson(path, line) as Change[]),
    (changes) => {
      if (closed) throw new Error('The sandbox is closed')
      writeSync(journal, `${JSON.stringify(changes)}\n`)
    },
  )
  const rows = tableNames.flatMap((name) => [...ledger[name].values()].map((row) => JSON.stringify([[name, row]])))
  replaceFile(path, rows.map((row) => `${row}\n`).join(''))
  const journal = openSync(path, 'a', 0o600)
  let closed = false
  return {
    ledger,
    close() {
      closed = true
      closeSync(journal)
    },
  }
}

function readJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`${path} is damaged. Remove it to start with an empty sandbox.`, { cause })
  }
}
