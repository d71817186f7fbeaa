import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from './files.ts'

/**
 * Keeps the settings by which a sandbox is reached, in its folder: a file `sandbox.env` that a shell reads, with
 * `export NAME='value'` for each. Keys are written to files of their own, and named by their path.
 *
 * @returns that file, and its lines.
 */
export function writeSettings(stateDir: string, settings: Record<string, string>): { file: string; lines: string } {
  mkdirSync(stateDir, { recursive: true })
  const lines = Object.entries(settings).map(([name, value]) => {
    if (!value.startsWith('-----BEGIN')) return exported(name, value)
    const path = join(stateDir, `${name.toLowerCase()}.pem`)
    replaceFile(path, value)
    return exported(name, path)
  })
  const file = join(stateDir, 'sandbox.env')
  replaceFile(file, `${lines.join('\n')}\n`)
  return { file, lines: lines.join('\n') }
}

/** A line by which a shell sets a variable. */
export function exported(name: string, value: string): string {
  return `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`
}
