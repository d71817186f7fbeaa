import { runToEnd } from './image.ts'
import { hasProgram } from './programs.ts'

/** Whether there is an openssl, by which compose.yaml makes certificates. */
export const canPrepare = () =>
  hasProgram('openssl', { args: ['version'], without: 'the tests of certificates are skipped' })

/** Makes in a folder what compose.yaml makes before everything else: a certificate, and settings. */
export async function prepare(folder: string, env: Record<string, string> = {}): Promise<void> {
  await runToEnd('deploy/compose/prepare.sh', [folder, folder], { env: { ...process.env, ...env } })
}
