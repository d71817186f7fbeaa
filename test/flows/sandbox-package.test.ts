import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../harness/listen.ts'
import { run } from '../harness/processes.ts'
import { hasProgram } from '../harness/programs.ts'
import { makeScratch } from '../harness/scratch.ts'

const execute = promisify(execFile)
/** Free ports. */
const FREE = ['--port', '0', '--proxy-port', '0']
const PAY = 'https://api.mch.weixin.qq.com/v3/certificates'

let folder: string
let bin: string
beforeAll(async () => {
  folder = await makeScratch('looklook-package-')
  bin = join(folder, 'node_modules/.bin/looklook-sandbox')
  await execute('npm', ['pack', './packages/sandbox', '--pack-destination', folder])
  await writeFile(join(folder, 'package.json'), '{}')
  const tarball = join(folder, 'looklook-pay-sandbox-0.1.0.tgz')
  // Its one dependency comes from here, so that no registry is needed.
  await execute('npm', ['install', '--offline', tarball, resolve('node_modules/zod')], { cwd: folder })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A start of the installed command in a folder, on free ports, as far as its last line. */
async function startIn(name: string) {
  const cwd = join(folder, name)
  await mkdir(cwd, { recursive: true })
  const started = run(['sh', '-c', 'cd "$1" && shift && exec "$@"', '', cwd, bin, ...FREE])
  await started.says(/^# export NODE_OPTIONS=.*$/m)
  const lines = started.output().matchAll(/export (\w+)='([^']*)'/g)
  const printed = Object.fromEntries([...lines].map(([, variable = '', value = '']) => [variable, value]))
  return { ...started, cwd, printed, read: (variable: string) => printed[variable] ?? '' }
}

/** Its sources, as a clone has them before anything is built there. */
async function startSources() {
  const clone = join(folder, 'clone')
  await cp('packages/sandbox/src', join(clone, 'packages/sandbox/src'), { recursive: true })
  await symlink(resolve('node_modules'), join(clone, 'node_modules'))
  const started = run(['node', join(clone, 'packages/sandbox/src/bin.ts'), ...FREE, '--data-dir', join(clone, 'data')])
  await started.says(/^# export NODE_OPTIONS=.*$/m)
  return /listens on (\S+),/.exec(started.output())?.[1] ?? ''
}

/** How it ends when it is wanted so, and what it says. */
async function outcomeOf(...args: string[]): Promise<{ code: number | null; output: string }> {
  const started = run([bin, ...args])
  return { code: (await started.ended).code, output: started.output() }
}

const hasCurl = hasProgram('curl', { without: 'what needs it is skipped' })

async function curl(args: string[], env: Record<string, string> = {}): Promise<string> {
  return (await execute('curl', ['--silent', '--show-error', ...args, PAY], { env })).stdout
}

describe('the packed sandbox', () => {
  test('holds JavaScript, its types, its page, READMEs and the licence, and no sources', () => {
    const installed = join(folder, 'node_modules/@looklook-pay/sandbox')
    expect(readdirSync(installed).toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'README.zh-CN.md',
      'dist',
      'package.json',
    ])
    const files = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' })
    expect(files).toEqual(expect.arrayContaining(['bin.js', 'sandbox.js', 'sandbox.d.ts', 'proxy/node-agents.js']))
    const page = readdirSync(join(installed, 'dist/page/bundled'))
    expect(page.toSorted()).toEqual(['icon.svg', 'index.html', 'main.css', 'main.js'])
    expect(files.filter((file) => /(?<!\.d)\.ts$/.test(file))).toEqual([])
  })

  test('type-checks where it is imported', async () => {
    const source = `import { openSandbox } from '@looklook-pay/sandbox'
const sandbox = await openSandbox({ proxyPort: 0 })
const url: string | undefined = sandbox.proxy?.url
console.log(url satisfies string | undefined, sandbox.merchantCertificate())\n`
    await writeFile(join(folder, 'user.mts'), source)
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node']
    const typeRoots = ['--typeRoots', resolve('node_modules/@types')]
    const compiling = execute('tsc', [...options, ...typeRoots, 'user.mts'], { cwd: folder })
    expect((await compiling.catch((error: { stdout: string }) => error)).stdout).toBe('')
  })

  test('runs in an empty folder, prints what is needed, and stops on SIGTERM', async () => {
    const { read, cwd, signal, ended } = await startIn('empty')
    expect((await fetch(read('WECHAT_PAY_API_URL'))).ok).toBe(true)
    for (const name of ['WECHAT_PAY_MCH_PRIVATE_KEY', 'NODE_EXTRA_CA_CERTS'])
      expect(readFileSync(read(name), 'utf8')).toMatch(/^-----BEGIN/)
    expect(readFileSync(join(cwd, '.looklook-sandbox/sandbox.env'), 'utf8')).toContain(read('WECHAT_PAY_MCH_ID'))
    expect(readFileSync(join(cwd, '.looklook-sandbox/.gitignore'), 'utf8')).toBe('*\n')
    signal('SIGTERM')
    expect(await ended).toEqual({ code: 0, signal: null })
  })

  test('shows browsers its page', async () => {
    const { read } = await startIn('page')
    const url = read('WECHAT_PAY_API_URL')
    const page = await fetch(url, { headers: { accept: 'text/html' } })
    expect(await page.text()).toContain('<script type="module" src="page/main.js">')
    for (const [name, type] of [
      ['main.js', 'text/javascript'],
      ['main.css', 'text/css'],
      ['icon.svg', 'image/svg+xml'],
    ]) {
      const { status, headers } = await fetch(`${url}/page/${name}`)
      expect([name, status, headers.get('content-type')]).toEqual([name, 200, expect.stringContaining(type ?? '')])
    }
  })

  test('says to browsers that the page is not built, where its sources run without it', async () => {
    const url = await startSources()
    const answer = await fetch(url, { headers: { accept: 'text/html' } })
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('npm run pages')])
    expect((await fetch(url)).headers.get('content-type')).toContain('application/json')
  })

  test('is the same merchant, under the same authority, when it is started again', async () => {
    const first = await startIn('again')
    const authority = readFileSync(first.read('NODE_EXTRA_CA_CERTS'), 'utf8')
    first.signal('SIGINT')
    expect((await first.ended).code).toBe(0)
    const second = await startIn('again')
    expect(second.read('WECHAT_PAY_MCH_ID')).toBe(first.read('WECHAT_PAY_MCH_ID'))
    expect(readFileSync(second.read('NODE_EXTRA_CA_CERTS'), 'utf8')).toBe(authority)
  })

  test.runIf(hasCurl)('plays WeChat for curl, by the lines that it prints', async () => {
    const { read } = await startIn('curl')
    const HTTPS_PROXY = read('HTTPS_PROXY')
    const SSL_CERT_FILE = read('SSL_CERT_FILE')
    expect(await curl([], { HTTPS_PROXY, SSL_CERT_FILE })).toContain('SIGN_ERROR')
    expect(await curl(['--proxy', HTTPS_PROXY, '--cacert', SSL_CERT_FILE])).toContain('SIGN_ERROR')
    await expect(curl(['--proxy', HTTPS_PROXY])).rejects.toThrow('certificate')
  })

  test('plays WeChat for Node’s own clients, and for those that want an agent of their own', async () => {
    const { printed, read } = await startIn('node')
    const script = `import https from 'node:https'
const { status } = await fetch('${PAY}')
https.get('${PAY}', { agent: false }, ({ statusCode }) => console.log(status, statusCode))\n`
    await writeFile(join(folder, 'clients.mjs'), script)
    const client = run(['node', join(folder, 'clients.mjs')], {
      env: { ...printed, NODE_USE_ENV_PROXY: '1', NODE_OPTIONS: read('NODE_OPTIONS') },
    })
    await client.ended
    expect(client.output()).toBe('401 400\n')
  })

  test('says what is wrong with its options', async () => {
    const taken = createServer()
    onTestFinished(() => void taken.close())
    const port = String(await listen(taken))
    await Promise.all(
      [
        [['--colour', 'red'], "Unknown option '--colour'"],
        [['--port', '99999'], '--port must be a number from 0 to 65535'],
        [['--notify-url', 'nowhere'], '--notify-url must be an http or https URL'],
        [['--host', '0.0.0.0'], '--host must be a loopback address, unless ALLOW_SANDBOX_ON_NETWORK=true'],
        [['--data-dir', join(folder, 'taken'), '--port', port], `Port ${port} is taken`],
        [['--data-dir', join(folder, 'taken-too'), '--port', '0', '--proxy-port', port], `Port ${port} is taken`],
      ].map(async ([args, sentence]) => {
        const { code, output } = await outcomeOf(...(args as string[]))
        expect(output).toContain(sentence)
        expect(output).not.toMatch(/^ +at /m)
        expect(code).toBe(1)
      }),
    )
    const { code, output } = await outcomeOf('--help')
    expect([code, output]).toEqual([0, expect.stringContaining('--proxy-port')])
  })
})
