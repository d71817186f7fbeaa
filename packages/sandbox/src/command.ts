import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { openSandbox, type Sandbox } from './sandbox.ts'
import { replaceFile } from './store/files.ts'
import { exported, writeSettings } from './store/settings-file.ts'

/** Of a source here, and of built JavaScript where the package is installed. */
const EXTENSION = extname(import.meta.filename).slice(1)

const STOP_WITHIN_MS = 5_000
/** Ctrl-C arrives a second time at once, through npx; only a later one comes from a person. */
const SECOND_SIGNAL_AFTER_MS = 1_000
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/

const HELP = `looklook-sandbox: WeChat Pay v3 and the mini-program API on this machine, for tests.

  --port PORT          where WeChat listens, by HTTP (4010; 0 takes a free one)
  --proxy-port PORT    where the proxy listens that plays WeChat's own hosts, by HTTPS (4011; 0 takes a free one)
  --notify-url URL     becomes WECHAT_PAY_NOTIFY_URL; a notice goes to the notify_url of its order
  --data-dir FOLDER    where keys, orders and the certificate authority are kept (.looklook-sandbox)
  --host ADDRESS       the address to listen on (127.0.0.1); another one than loopback needs
                       ALLOW_SANDBOX_ON_NETWORK=true in the environment: whoever reaches it can pay and refund;
                       a name of the Internet by which it is called, or several with commas, is set in SANDBOX_HOSTS
  --help               this text
`

const flags = {
  port: { type: 'string', default: '4010' },
  'proxy-port': { type: 'string', default: '4011' },
  'notify-url': { type: 'string' },
  'data-dir': { type: 'string', default: '.looklook-sandbox' },
  host: { type: 'string', default: '127.0.0.1' },
  help: { type: 'boolean', default: false },
} as const

/** What a person must change before the command can run; its message says what. */
class UsageError extends Error {}

/** Runs the sandbox until SIGTERM or SIGINT, as `looklook-sandbox` does with these arguments. */
export async function runCommand(args: string[]): Promise<void> {
  try {
    const options = readArguments(args)
    if (options === 'help') process.stdout.write(HELP)
    else await run(options)
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`)
    process.exitCode = 1
  }
}

interface Options {
  host: string
  hosts: string[]
  port: number
  proxyPort: number
  notifyUrl: string | undefined
  stateDir: string
}

/** @throws {UsageError} for what is no option, or no value of one. */
function readArguments(args: string[]): Options | 'help' {
  const values = parse(args)
  if (values.help) return 'help'
  const { host, 'notify-url': notifyUrl } = values
  if (!LOOPBACK.test(host) && process.env['ALLOW_SANDBOX_ON_NETWORK'] !== 'true') {
    throw new UsageError('--host must be a loopback address, unless ALLOW_SANDBOX_ON_NETWORK=true')
  }
  if (notifyUrl !== undefined && !/^https?:$/.test(URL.parse(notifyUrl)?.protocol ?? '')) {
    throw new UsageError('--notify-url must be an http or https URL')
  }
  return {
    host,
    hosts: process.env['SANDBOX_HOSTS']?.split(',').map((name) => name.trim()) ?? [],
    port: readPort('port', values.port),
    proxyPort: readPort('proxy-port', values['proxy-port']),
    notifyUrl,
    stateDir: resolve(values['data-dir']),
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: flags }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function readPort(name: string, text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new UsageError(`--${name} must be a number from 0 to 65535`)
  return port
}

async function run(options: Options): Promise<void> {
  const { stateDir } = options
  keepOutOfGit(stateDir)
  const log = {
    debug() {},
    error: (fields: object, message: string) =>
      void process.stderr.write(`${message} ${JSON.stringify(fields, shown)}\n`),
  }
  const sandbox = await openSandbox({ ...options, log })
  stopOnSignal(sandbox)
  process.stdout.write(describe(sandbox, stateDir))
}

/** The folder holds keys: only those of a sandbox, but nobody wants them in a commit. */
function keepOutOfGit(stateDir: string): void {
  mkdirSync(stateDir, { recursive: true })
  writeFileSync(join(stateDir, '.gitignore'), '*\n')
}

function shown(_name: string, value: unknown): unknown {
  return value instanceof Error ? value.message : value
}

/** Closes the sandbox, with exit code 0; a second signal ends the process at once. */
function stopOnSignal(sandbox: Sandbox): void {
  let firstAt: number | undefined
  const stop = () => {
    if (firstAt !== undefined) {
      if (performance.now() - firstAt >= SECOND_SIGNAL_AFTER_MS) process.exit(1)
      return
    }
    firstAt = performance.now()
    setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref()
    void sandbox.close().then(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/** What a person needs in order to use it; a shell can read it as it is. */
function describe({ url, env, proxy, merchantCertificate }: Sandbox, stateDir: string): string {
  const { file, lines } = writeSettings(stateDir, env)
  const certificate = join(stateDir, 'apiclient_cert.pem')
  replaceFile(certificate, merchantCertificate())
  const ca = proxy?.certificateFile ?? ''
  const agents = join(stateDir, `node-agents.m${EXTENSION}`)
  // Beside the keys: what runs outside of the sandbox's container finds it in the folder that both see.
  replaceFile(agents, readFileSync(join(import.meta.dirname, `proxy/node-agents.${EXTENSION}`), 'utf8'))
  return `# The WeChat sandbox listens on ${url}, and its proxy on ${proxy?.url}. Ctrl-C stops both.
# Open ${url} in a browser to look at it, to pay, and to make it fail.
# Its merchant and mini-program; these lines are also in ${file}
${lines}
# The merchant's certificate, for an SDK that reads its serial number: ${certificate}

# For an SDK that takes no URL: the proxy plays api.mch.weixin.qq.com and api.weixin.qq.com.
${exported('HTTPS_PROXY', proxy?.url ?? '')}
# Which file of certificates a program reads depends on its language: Node.js; curl, OpenSSL, Go and Python.
${exported('NODE_EXTRA_CA_CERTS', ca)}; export NODE_USE_ENV_PROXY=1
${exported('SSL_CERT_FILE', ca)}
# On Node.js, clients with an agent of their own, such as superagent in wechatpay-node-v3, also need:
# ${exported('NODE_OPTIONS', `--import=${pathToFileURL(agents).href}`)}
`
}

function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}. See looklook-sandbox --help.`
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE') return `Port ${port} is taken: choose another one by --port or --proxy-port.`
  return message
}
