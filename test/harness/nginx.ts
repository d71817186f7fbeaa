import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { expect, onTestFinished } from 'vitest'
import { canPrepare, prepare } from './prepare.ts'
import { freePort } from './redis.ts'

/** Where Debian's package puts it, which isn't in everybody's PATH. */
const NGINX = '/usr/sbin/nginx'

/** Whether there is an nginx, and a certificate for it. Without it prints a line, and throws with CI=true. */
export function canRunNginx(): boolean {
  if (existsSync(NGINX)) return canPrepare()
  const line = `nginx is not at ${NGINX}: the tests behind a proxy are skipped (apt-get install nginx-light)`
  if (process.env['CI'] === 'true') throw new Error(line)
  process.stderr.write(`${line}\n`)
  return false
}

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
  const paths = { TLS_CERTIFICATE: join(made, 'certificate.pem'), TLS_CERTIFICATE_KEY: join(made, 'certificate.key') }
  const start = async (template: string, variables: Record<string, string>) => {
    const folder = await makeFolder()
    const port = await freePort()
    const settings = readFileSync('deploy/nginx/nginx.conf', 'utf8')
      .replaceAll('/tmp/', `${folder}/`)
      .replace('access_log /dev/stdout;', 'access_log off;')
      .replace('error_log stderr', `error_log ${folder}/error.log`)
    await writeFile(join(folder, 'nginx.conf'), settings)
    mkdirSync(join(folder, 'conf.d'))
    const site = fillIn(`deploy/nginx/${template}.template`, { LISTEN: `127.0.0.1:${port}`, ...paths, ...variables })
    await writeFile(join(folder, 'conf.d', template), site)
    return run(folder, `https://127.0.0.1:${port}`)
  }
  return {
    certificate,
    before: (...urls) => {
      const servers = urls.map((url) => `server ${new URL(url).host} max_fails=1 fail_timeout=2s;`)
      return start('looklook-pay.conf', { SERVER_NAME: '_', UPSTREAMS: servers.join(' ') })
    },
    // Nobody is looked up: the sandbox is named by its address.
    beforeSandbox: (url) => start('sandbox.conf', { RESOLVER: '127.0.0.1', SANDBOX: new URL(url).host }),
  }
}

/** A template as the image of nginx fills it in. */
function fillIn(path: string, variables: Record<string, string>): string {
  return readFileSync(path, 'utf8').replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = variables[name]
    if (value === undefined) throw new Error(`${path} wants ${name}`)
    return value
  })
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
