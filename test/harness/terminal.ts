import { spawnSync } from 'node:child_process'
import { type Run, type RunningProcess, run } from './processes.ts'

/** Gives a command a terminal: of util-linux, and not what has the same name elsewhere. */
const SCRIPT = 'script'

/** Whether there is a terminal to be had. Otherwise it says so in one line; with CI=true that is a failure. */
export function hasTerminal(): boolean {
  const { stdout } = spawnSync(SCRIPT, ['--version'], { encoding: 'utf8' })
  if (stdout?.includes('util-linux')) return true
  const line = 'script of util-linux is not in the PATH: what a terminal shows is not tested'
  if (process.env['CI'] === 'true') throw new Error(line)
  process.stderr.write(`${line}\n`)
  return false
}

/** A command whose output is a terminal's; signals go to itself. */
export async function runInTerminal(command: string, { env }: Run): Promise<RunningProcess> {
  const shell = `echo "begins as $$"; exec ${command}`
  const started = run([SCRIPT, '--quiet', '--return', '--command', shell, '/dev/null'], { env })
  const [, pid] = await started.says(/begins as (\d+)/)
  return { ...started, signal: (signal) => void process.kill(Number(pid), signal) }
}
