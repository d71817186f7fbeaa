import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileWhole } from './own-files.ts'

/** The settings by which the sandbox of a folder is reached: a file of lines that a shell reads. */
export function sandboxSettingsFile(stateDir: string): string {
  return join(stateDir, 'sandbox.env')
}

/**
 * Keeps the settings by which a sandbox is reached, in its folder: `export NAME='value'` for each; keys are written to files
 * of their own, and named by their path. With NODE_ENV, since an API or a worker is production without one, which refuses
 * the sandbox.
 *
 * @returns these lines.
 */
export function writeSandboxSettings(stateDir: string, settings: Record<string, string>): string {
  mkdirSync(stateDir, { recursive: true })
  const lines = Object.entries({ NODE_ENV: 'development', ...settings }).map(([name, value]) => {
    if (!value.startsWith('-----BEGIN')) return `export ${name}=${quote(value)}`
    const path = join(stateDir, `${name.toLowerCase()}.pem`)
    writeFileWhole(path, value)
    return `export ${name}=${quote(path)}`
  })
  writeFileWhole(sandboxSettingsFile(stateDir), `${lines.join('\n')}\n`)
  return lines.join('\n')
}

/** The settings of the sandbox that runs, or ran last, in this folder; none where there never was one. */
export function readSandboxSettings(stateDir: string): Record<string, string> {
  const file = sandboxSettingsFile(stateDir)
  if (!existsSync(file)) return {}
  const lines = readFileSync(file, 'utf8').split('\n')
  const settings = lines.flatMap((line) => /^export (\w+)='(.*)'$/.exec(line)?.slice(1, 3) ?? [])
  const pairs = settings.flatMap((name, index) => (index % 2 === 0 ? [[name, unquote(settings[index + 1] ?? '')]] : []))
  return Object.fromEntries(pairs) as Record<string, string>
}

function unquote(value: string): string {
  return value.replaceAll(String.raw`'\''`, "'")
}

function quote(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`
}
