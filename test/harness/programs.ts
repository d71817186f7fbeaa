import { spawnSync } from 'node:child_process'

/** What tests need beside npm, as it is found: the arguments by which it says that it is there, and the Debian package that has it. */
interface Program {
  args?: string[]
  /** Where it is looked for; PATH by default. */
  path?: string | undefined
  /** What it says of itself, where others have the same name. */
  says?: string
  package?: string
  /** What is missing without it, like "the tests that need a Kafka are skipped". */
  without: string
}

/** Whether a program can be run. Otherwise it says so in one line, with the package that has it; with CI=true that is a failure. */
export function hasProgram(
  name: string,
  { args = ['--version'], path = process.env['PATH'], says = '', package: from = name, without }: Program,
): boolean {
  const { status, stdout } = spawnSync(name, args, { encoding: 'utf8', env: { ...process.env, PATH: path } })
  return isThere(
    status === 0 && stdout.includes(says),
    `${name} is not to be found: ${without} (apt-get install ${from})`,
  )
}

/** @returns whether something that tests need is there. Otherwise prints the line; with CI=true it throws it. */
export function isThere(found: boolean, line: string): boolean {
  if (found) return true
  if (process.env['CI'] === 'true') throw new Error(line)
  process.stderr.write(`${line}\n`)
  return false
}
