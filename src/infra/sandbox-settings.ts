import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The settings of the sandbox that runs, or ran last, in this folder, as it wrote them; none where there never was one. */
export function readSandboxSettings(stateDir: string): Record<string, string> {
  const file = join(stateDir, 'sandbox.env')
  if (!existsSync(file)) return {}
  const lines = readFileSync(file, 'utf8').split('\n')
  const settings = lines.flatMap((line) => /^export (\w+)='(.*)'$/.exec(line)?.slice(1, 3) ?? [])
  const pairs = settings.flatMap((name, index) => (index % 2 === 0 ? [[name, unquote(settings[index + 1] ?? '')]] : []))
  return Object.fromEntries(pairs) as Record<string, string>
}

function unquote(value: string): string {
  return value.replaceAll(String.raw`'\''`, "'")
}
