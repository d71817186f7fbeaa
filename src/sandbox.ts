import './infra/node-version.ts'
import { resolve } from 'node:path'
import type { Sandbox } from '@looklook-pay/sandbox'
import { explainListening } from './infra/listening.ts'
import { loadOptional, MissingPackageError } from './infra/optional-package.ts'
import { SetupError } from './infra/setup-error.ts'
import { runProcess, type Startup } from './process.ts'

/** `npm run sandbox`: WeChat alone. */
async function openSandboxAlone(startup: Startup): Promise<void> {
  const stateDir = resolve(startup.config.dataDir, 'sandbox')
  try {
    const { sandbox, file, lines } = await openSandboxIn(startup, stateDir, startup.config.sandbox.notifyUrl)
    startup.say(`# The WeChat sandbox listens on ${sandbox.url}. These lines are also in ${file}
# Open that URL in a browser to look at it, to pay, and to make it fail
# Its switches: curl ${sandbox.url}/sandbox/settings, and to change one: curl -d '{"refundIntervalMs":0}' with the same URL
# Its notices go to WECHAT_PAY_NOTIFY_URL as below: set that for this command when the API listens elsewhere
${lines}`)
  } catch (error) {
    if (error instanceof MissingPackageError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new SetupError(`The sandbox can't run: ${reason}`, { cause: error })
  }
}

/**
 * Opens the sandbox at HOST and SANDBOX_PORT, until the process shall stop.
 *
 * @returns it, and the file of lines by which a shell gets its settings: with NODE_ENV, since an API or a worker is production
 * without one, which refuses the sandbox.
 * @throws {SetupError} when the address is taken or isn't ours, or where only what production needs is installed.
 */
export async function openSandboxIn(
  { config, log, onStop }: Startup,
  stateDir: string,
  notifyUrl: string | undefined,
): Promise<{ sandbox: Sandbox; file: string; lines: string }> {
  const { host } = config.server
  const { port, hosts } = config.sandbox
  const { openSandbox, writeSettings } = await loadOptional(
    '@looklook-pay/sandbox',
    () => import('@looklook-pay/sandbox'),
    'This installation is for production and has no sandbox: set the WECHAT_* of a merchant, or run npm ci with what is for development.',
  )
  try {
    const sandbox = await openSandbox({ host, port, hosts, stateDir, notifyUrl, log: log.child({ part: 'sandbox' }) })
    onStop('sandbox', () => sandbox.close())
    return { sandbox, ...writeSettings(stateDir, { NODE_ENV: 'development', ...sandbox.env }) }
  } catch (error) {
    throw explainListening(error, { host, port, portSetting: 'SANDBOX_PORT' })
  }
}

if (import.meta.main) await runProcess('sandbox', openSandboxAlone)
