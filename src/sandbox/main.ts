import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import pino from 'pino'
import { isLoopback } from './parameters.ts'
import { openSandbox, type Sandbox } from './server.ts'
import { writeFileAtomically } from './state.ts'

const SECOND_SIGNAL_AFTER_MS = 1000

/** `npm run sandbox`: WeChat alone, until SIGTERM or SIGINT. */
async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const { host, port, stateDir, notifyUrl } = readSettings(env)
  const log = pino({ level: env.LOG_LEVEL ?? 'info' }, pino.destination(2))
  const sandbox = await openSandbox({ host, port, stateDir, notifyUrl, log })
  stopOnSignals(sandbox)
  const lines = shellLines(sandbox, stateDir)
  const envFile = join(stateDir, 'sandbox.env')
  writeFileAtomically(envFile, lines)
  process.stdout.write(
    `# The WeChat sandbox listens on ${sandbox.url}. These lines are also in ${envFile}
# Its switches: curl ${sandbox.url}/sandbox/settings, and to change one: curl -d '{"refundIntervalMs":0}' with the same URL
${lines}`,
  )
}

function readSettings(env: NodeJS.ProcessEnv) {
  const problems: string[] = []
  const host = env.HOST || '127.0.0.1'
  const port = Number(env.SANDBOX_PORT || 4010)
  const notifyUrl = env.WECHAT_PAY_NOTIFY_URL || 'http://127.0.0.1:4000/wechat/pay/notify'
  if (env.NODE_ENV === 'production') problems.push('NODE_ENV=production: the sandbox is no WeChat; it never runs there')
  if (!isLoopback(host) && env.ALLOW_SANDBOX_ON_NETWORK !== 'true') {
    problems.push(`HOST=${host} is open to the network: use 127.0.0.1, or set ALLOW_SANDBOX_ON_NETWORK=true`)
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) problems.push('SANDBOX_PORT must be a port from 0 to 65535')
  if (!URL.canParse(notifyUrl)) problems.push('WECHAT_PAY_NOTIFY_URL must be a URL')
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return { host, port, notifyUrl, stateDir: resolve(env.DATA_DIR || '.data', 'sandbox') }
}

/** `export NAME='value'` for each setting; keys are written to files of their own, and named by their path. */
function shellLines(sandbox: Sandbox, stateDir: string): string {
  mkdirSync(stateDir, { recursive: true })
  const lines = Object.entries(sandbox.env).map(([name, value]) => {
    if (!value.startsWith('-----BEGIN')) return `export ${name}=${quote(value)}`
    const path = join(stateDir, `${name.toLowerCase()}.pem`)
    writeFileAtomically(path, value)
    return `export ${name}=${quote(path)}`
  })
  return `${lines.join('\n')}\n`
}

function quote(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`
}

/** The first signal stops gracefully; another one, a second or more later, at once. */
function stopOnSignals(sandbox: Sandbox): void {
  let firstAt: number | undefined
  const stop = () => {
    if (firstAt !== undefined) {
      if (Date.now() - firstAt >= SECOND_SIGNAL_AFTER_MS) process.exit(1)
      return
    }
    firstAt = Date.now()
    sandbox.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function fail(error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException
  const hints: Record<string, string> = {
    EADDRINUSE: `Port ${process.env.SANDBOX_PORT || 4010} is in use: set SANDBOX_PORT to another one.`,
    EADDRNOTAVAIL: `${process.env.HOST} is no address of this machine: set HOST to one that is.`,
  }
  process.stderr.write(`The sandbox can't run: ${hints[code ?? ''] ?? message}\n`)
  process.exit(1)
}

await main(process.env).catch(fail)
