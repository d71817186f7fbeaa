import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openSandbox, type Sandbox } from '@looklook-pay/sandbox'
import { isMain } from './infra/is-main.ts'
import { explainListening } from './infra/listening.ts'
import { writeFileWhole } from './infra/own-files.ts'
import { SetupError } from './infra/setup-error.ts'
import { runProcess, type Startup } from './process.ts'

/** In the sandbox's folder: the settings by which it is reached. */
const ENV_FILE = 'sandbox.env'

/** `npm run sandbox`: WeChat alone. */
async function openSandboxAlone(startup: Startup): Promise<void> {
  const stateDir = resolve(startup.config.dataDir, 'sandbox')
  try {
    const sandbox = await openSandboxIn(startup, stateDir, startup.config.sandbox.notifyUrl)
    const lines = shellLines(sandbox, stateDir)
    startup.say(`# The WeChat sandbox listens on ${sandbox.url}. These lines are also in ${join(stateDir, ENV_FILE)}
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
    writeFileWhole(join(stateDir, ENV_FILE), `${shellLines(sandbox, stateDir)}\n`)
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

/** The settings of the sandbox that runs, or ran last, in this folder; none where there never was one. */
export function readSandboxSettings(stateDir: string): Record<string, string> {
  const file = join(stateDir, ENV_FILE)
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

if (isMain(import.meta)) await runProcess('sandbox', openSandboxAlone)
