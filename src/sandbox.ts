import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openSandbox, type Sandbox } from '@looklook-pay/sandbox'
import { isMain } from './infra/is-main.ts'
import { explainListening } from './infra/listening.ts'
import { writeFileWhole } from './infra/own-files.ts'
import { SetupError } from './infra/setup-error.ts'
import { runProcess, type Startup } from './process.ts'

/** `npm run sandbox`: WeChat alone. */
async function openSandboxAlone(startup: Startup): Promise<void> {
  const stateDir = resolve(startup.config.dataDir, 'sandbox')
  try {
    const sandbox = await openSandboxIn(startup, stateDir, startup.config.sandbox.notifyUrl)
    const lines = shellLines(sandbox, stateDir)
    const envFile = join(stateDir, 'sandbox.env')
    writeFileWhole(envFile, `${lines}\n`)
    startup.say(`# The WeChat sandbox listens on ${sandbox.url}. These lines are also in ${envFile}
# Its switches: curl ${sandbox.url}/sandbox/settings, and to change one: curl -d '{"refundIntervalMs":0}' with the same URL
# Its notices go to WECHAT_PAY_NOTIFY_URL as below: set that for this command when the API listens elsewhere
${lines}`)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new SetupError(`The sandbox can't run: ${reason}`, { cause: error })
  }
}

/**
 * Opens the sandbox at HOST and SANDBOX_PORT, until the process shall stop.
 *
 * @throws {SetupError} when the address is taken or isn't ours.
 */
export async function openSandboxIn(
  { config, log, onStop }: Startup,
  stateDir: string,
  notifyUrl: string | undefined,
): Promise<Sandbox> {
  const { host } = config.server
  const { port } = config.sandbox
  try {
    const sandbox = await openSandbox({ host, port, stateDir, notifyUrl, log: log.child({ part: 'sandbox' }) })
    onStop('sandbox', () => sandbox.close())
    return sandbox
  } catch (error) {
    throw explainListening(error, { host, port, portSetting: 'SANDBOX_PORT' })
  }
}

/**
 * `export NAME='value'` for each setting; keys are written to files of their own, and named by their path. With NODE_ENV,
 * since an API or a worker is production without one, which refuses the sandbox.
 */
function shellLines(sandbox: Sandbox, stateDir: string): string {
  mkdirSync(stateDir, { recursive: true })
  const lines = Object.entries({ NODE_ENV: 'development', ...sandbox.env }).map(([name, value]) => {
    if (!value.startsWith('-----BEGIN')) return `export ${name}=${quote(value)}`
    const path = join(stateDir, `${name.toLowerCase()}.pem`)
    writeFileWhole(path, value)
    return `export ${name}=${quote(path)}`
  })
  return lines.join('\n')
}

function quote(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`
}

if (isMain(import.meta)) await runProcess('sandbox', openSandboxAlone)
