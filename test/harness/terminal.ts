import { type Run, type RunningProcess, run } from './processes.ts'
import { hasProgram } from './programs.ts'

/** Gives a command a terminal: of util-linux, and not what has the same name elsewhere. */
const SCRIPT = 'script'

/** Whether there is a terminal to be had. */
export const hasTerminal = () =>
  hasProgram(SCRIPT, { says: 'util-linux', package: 'bsdutils', without: 'what a terminal shows is not tested' })

/** A command whose output is a terminal's; signals go to itself. */
export async function runInTerminal(command: string, { env }: Run): Promise<RunningProcess> {
  const shell = `echo "begins as $$"; exec ${command}`
  const started = run([SCRIPT, '--quiet', '--return', '--command', shell, '/dev/null'], { env })
  const [, pid] = await started.says(/begins as (\d+)/)
  return { ...started, signal: (signal) => void process.kill(Number(pid), signal) }
}
