import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { expect, onTestFinished } from 'vitest'
import { canPrepare, prepare } from './prepare.ts'
import { hasProgram } from './programs.ts'
import { freePort } from './redis.ts'
import { NGINX, upstreamsOf, writeShippedNginx } from './shipped-nginx.ts'

/** Whether there is an nginx, and a certificate for it. */
export const canRunNginx = () =>
  hasProgram(NGINX, { args: ['-v'], package: 'nginx-light', without: 'the tests behind a proxy are skipped' }) &&
  canPrepare()

/** A stock nginx whose one location holds these lines, until the test ends. @returns its URL. */
export async function startStockNginx(location: string): Promise<string> {
  const folder = await makeFolder()
  const port = await freePort()
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  )
  const server = `server { listen 127.0.0.1:${port}; location / { ${location} } }`
  await writeFile(
    join(folder, 'nginx.conf'),
    `error_log ${folder}/error.log; events {} http { access_log off; ${paths.join(' ')}\n${server} }`,
  )
  return run(folder, `http://127.0.0.1:${port}`)
}

/** TLS as compose.yaml has it: a certificate of our own, and nginx with the configuration that deploy/nginx ships. */
export interface Tls {
  /** The path of the certificate, which is trusted in this process meanwhile. */
  certificate: string
  /** nginx before these APIs, until the test ends. @returns its URL. */
  before(...urls: string[]): Promise<string>
  /** Likewise before a sandbox, as what calls WeChat by https needs it. */
  beforeSandbox(url: string): Promise<string>
}

/** @param parent where the folder of the certificate is made; for everybody who gets there. */
export async function openTls(parent = tmpdir()): Promise<Tls> {
  const made = await makeFolder(parent)
  await chmod(made, 0o711)
  await prepare(made)
  const certificate = join(made, 'self-signed.pem')
  trust(readFileSync(certificate, 'utf8'))
  const paths = { certificate: join(made, 'certificate.pem'), key: join(made, 'certificate.key') }
  const start = async (template: string, variables: Record<string, string>) => {
    const folder = await makeFolder()
    const port = await freePort()
    writeShippedNginx(folder, template, { port, ...paths }, variables)
    return run(folder, `https://127.0.0.1:${port}`)
  }
  return {
    certificate,
    before: (...urls) => start('looklook-pay.conf', upstreamsOf(urls)),
    // Nobody is looked up: the sandbox is named by its address.
    beforeSandbox: (url) => start('sandbox.conf', { RESOLVER: '127.0.0.1', SANDBOX: new URL(url).host }),
  }
}

function trust(certificate: string): void {
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, certificate])
  onTestFinished(() => setDefaultCACertificates(before))
}

async function makeFolder(parent = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, 'nginx-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function run(folder: string, url: string): Promise<string> {
  const directives = `daemon off; master_process off; pid ${folder}/pid;`
  const child = spawn(NGINX, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-g', directives], { stdio: 'inherit' })
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await expect
    .poll(() =>
      fetch(url).then(
        () => child.exitCode ?? 'listens',
        () => child.exitCode,
      ),
    )
    .toBe('listens')
  return url
}
