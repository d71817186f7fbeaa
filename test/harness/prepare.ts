import { spawnSync } from 'node:child_process'
import { runToEnd } from './image.ts'

/** Whether there is an openssl, by which compose.yaml makes certificates. Without one it prints a line, and throws with CI=true. */
export function canPrepare(): boolean {
  if (spawnSync('openssl', ['version']).status === 0) return true
  const line = 'openssl is not in the PATH: the tests of certificates are skipped (apt-get install openssl)'
  if (process.env['CI'] === 'true') throw new Error(line)
  process.stderr.write(`${line}\n`)
  return false
}

/** Makes in a folder what compose.yaml makes before everything else: a certificate, and settings. */
export async function prepare(folder: string, env: Record<string, string> = {}): Promise<void> {
  await runToEnd('deploy/compose/prepare.sh', [folder, folder], { env: { ...process.env, ...env } })
}
