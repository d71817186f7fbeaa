import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listen } from '../../harness/listen.ts'
import { NO_ENV_FILE } from '../../harness/no-env-file.ts'
import { merchantOf } from './merchant.ts'

const main = join(import.meta.dirname, '../../../src/sandbox.ts')
const { NODE_ENV: _, ...inherited } = process.env

async function makeDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sandbox-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  return dataDir
}

/** The running command; `ready` resolves with its output once it is complete. */
function run(env: Record<string, string>) {
  const child = spawn(process.execPath, [main], { env: { ...inherited, ...NO_ENV_FILE, SANDBOX_PORT: '0', ...env } })
  onTestFinished(() => void child.kill('SIGKILL'))
  let printed = ''
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const ready = new Promise<string>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      if (printed.includes('WECHAT_TEMPLATE_REFUNDED')) resolve(printed)
    })
  })
  const exited = once(child, 'exit').then(([code]) => ({ code: code as number | null, errors }))
  return { child, ready, exited }
}

/** The credentials in a shell that has sourced the lines. */
async function source(lines: string) {
  const script = `${lines}\nexec env -0`
  const { stdout } = await promisify(execFile)('sh', ['-c', script], { env: { PATH: process.env.PATH } })
  const env = Object.fromEntries(stdout.split('\0').map((pair) => pair.split(/=(.*)/s).slice(0, 2)))
  return {
    nodeEnv: env.NODE_ENV,
    url: String(env.WECHAT_PAY_API_URL),
    credentials: {
      appid: String(env.WECHAT_APP_ID),
      appSecret: String(env.WECHAT_APP_SECRET),
      mchid: String(env.WECHAT_PAY_MCH_ID),
      mchCertSerial: String(env.WECHAT_PAY_MCH_CERT_SERIAL),
      mchPrivateKey: await readFile(String(env.WECHAT_PAY_MCH_PRIVATE_KEY), 'utf8'),
      apiV3Key: String(env.WECHAT_PAY_API_V3_KEY),
      publicKeyId: String(env.WECHAT_PAY_PUBLIC_KEY_ID),
      publicKey: await readFile(String(env.WECHAT_PAY_PUBLIC_KEY), 'utf8'),
      platformPrivateKey: '',
      templates: { orderPaid: '', checkIn: '', refunded: '' },
    },
  }
}

describe('npm run sandbox', () => {
  it('npm run sandbox prints settings that a shell can source, and has its orders again after SIGKILL', async () => {
    const DATA_DIR = await makeDataDir()
    const first = run({ DATA_DIR })
    const sourced = await source(await first.ready)
    // An API or a worker is production without it, and production refuses the sandbox.
    expect(sourced.nodeEnv).toBe('development')
    const merchant = merchantOf(sourced)
    await merchant.prepay('order-0001')
    first.child.kill('SIGKILL')
    await first.exited

    const second = run({ DATA_DIR })
    const again = merchantOf(await source(await second.ready))
    expect(await again.query('order-0001')).toMatchObject({
      status: 200,
      isSigned: true,
      json: { trade_state: 'NOTPAY' },
    })
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('npm run sandbox stops on %s with exit code 0', async (signal) => {
    const { child, ready, exited } = run({ DATA_DIR: await makeDataDir() })
    await ready
    child.kill(signal)
    expect((await exited).code).toBe(0)
  })

  it('npm run sandbox refuses production and a network address, and names both settings', async () => {
    const { exited } = run({ DATA_DIR: await makeDataDir(), NODE_ENV: 'production', HOST: '0.0.0.0' })
    const { code, errors } = await exited
    expect(code).toBe(1)
    expect(errors).toContain('NODE_ENV')
    expect(errors).toContain('ALLOW_SANDBOX_ON_NETWORK=true')
  })

  it('npm run sandbox listens on the network where ALLOW_SANDBOX_ON_NETWORK is true', async () => {
    const { ready } = run({ DATA_DIR: await makeDataDir(), HOST: '0.0.0.0', ALLOW_SANDBOX_ON_NETWORK: 'true' })
    expect(await ready).toContain("WECHAT_API_URL='http://127.0.0.1:")
  })

  it('npm run sandbox names the port that is in use and the setting that changes it', async () => {
    const occupant = createServer()
    const port = await listen(occupant)
    onTestFinished(() => void occupant.close())
    const { exited } = run({ DATA_DIR: await makeDataDir(), SANDBOX_PORT: String(port) })
    const { code, errors } = await exited
    expect(code).toBe(1)
    expect(errors).toContain(`Port ${port} is in use: set SANDBOX_PORT`)
  })
})
