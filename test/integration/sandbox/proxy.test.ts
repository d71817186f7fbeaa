import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import type { Sandbox, SandboxOptions } from '@looklook-pay/sandbox'
import { issueLeaf, openAuthority } from '@looklook-pay/sandbox/authority'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../../harness/listen.ts'
import { makeScratch } from '../../harness/scratch.ts'
import { startSandbox } from './merchant.ts'

const PAY_HOST = 'api.mch.weixin.qq.com'
const HOSTS = [PAY_HOST, 'api2.mch.weixin.qq.com', 'api2.wechatpay.cn', 'api.weixin.qq.com']

async function startProxied(options: SandboxOptions = {}) {
  const sandbox = await startSandbox({ proxyPort: 0, ...options })
  if (!sandbox.proxy) throw new Error('The sandbox has no proxy')
  return { sandbox, proxy: sandbox.proxy }
}

type Proxy = NonNullable<Sandbox['proxy']>

async function makeFolder(): Promise<string> {
  const folder = await makeScratch('looklook-proxy-')
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

const HEADERS = { accept: '*/*', 'user-agent': 'merchant/1.0', connection: 'close' }

/** Asks the proxy for a tunnel. */
async function openTunnel({ url }: Proxy, target: string) {
  const asked = request(url, { method: 'CONNECT', path: target }).end()
  const [answer, socket, head] = (await once(asked, 'connect')) as [IncomingMessage, Socket, Buffer]
  onTestFinished(() => void socket.destroy())
  return { status: answer.statusCode, socket, head }
}

/** A call through a tunnel, by a client that trusts nobody but the proxy's authority. */
async function callThrough(proxy: Proxy, host: string, path: string) {
  const { socket } = await openTunnel(proxy, `${host}:443`)
  const secure = connectTls({ socket, servername: host, ca: proxy.certificate })
  const asked = requestHttps({ host, path, createConnection: () => secure, headers: HEADERS }).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: answer.statusCode, body: await text(answer) }
}

describe('the proxy of the sandbox', () => {
  test.for(HOSTS)('plays %s under a certificate that clients of the authority accept', async (host) => {
    const { proxy } = await startProxied()
    expect(await callThrough(proxy, host, '/v3/certificates')).toMatchObject({ status: 401 })
    expect(await callThrough(proxy, host, '/cgi-bin/token')).toMatchObject({
      status: 200,
      body: expect.stringContaining('errcode'),
    })
  })

  test.for(['example.com:443', `${PAY_HOST}:80`, `${PAY_HOST}.example.com:443`, '127.0.0.1:443', 'nonsense'])(
    'refuses a tunnel to %s, and says what it plays',
    async (target) => {
      const { proxy } = await startProxied()
      const { status, socket, head } = await openTunnel(proxy, target)
      expect(status).toBe(403)
      expect(String(head) + (await text(socket))).toContain('passes nothing on')
    },
  )

  test('takes the whole URL without a tunnel, as older versions of axios send it', async () => {
    const { proxy } = await startProxied()
    const call = async (path: string) => {
      const [answer] = (await once(request(proxy.url, { path, headers: HEADERS }).end(), 'response')) as [
        IncomingMessage,
      ]
      return { status: answer.statusCode, body: await text(answer) }
    }
    expect(await call(`https://${PAY_HOST}/v3/certificates`)).toMatchObject({
      status: 401,
      body: expect.stringContaining('SIGN_ERROR'),
    })
    for (const other of ['http://example.com/', `http://${PAY_HOST}/v3/certificates`, '/']) {
      expect(await call(other)).toMatchObject({ status: 403, body: expect.stringContaining('passes nothing on') })
    }
  })

  test.for(['reset-before', 'reset-after'] as const)(
    'resets the connection of a tunnel under the fault %s, and answers nothing',
    async (kind) => {
      const { sandbox, proxy } = await startProxied()
      sandbox.faults.add({ endpoint: 'access-token', kind })
      await expect(callThrough(proxy, 'api.weixin.qq.com', '/cgi-bin/token')).rejects.toThrow('ECONNRESET')
    },
  )

  test('ends its tunnels when the sandbox closes', async () => {
    const { sandbox, proxy } = await startProxied()
    const { socket } = await openTunnel(proxy, `${PAY_HOST}:443`)
    socket.on('error', () => {}).resume()
    await sandbox.close()
    await expect.poll(() => socket.closed).toBe(true)
  })

  test('says in the log that a client doesn’t trust its authority', async () => {
    const said: string[] = []
    const log = { debug() {}, error: (_fields: object, message: string) => void said.push(message) }
    const { proxy } = await startProxied({ log })
    const { socket } = await openTunnel(proxy, `${PAY_HOST}:443`)
    const distrustful = connectTls({ socket, servername: PAY_HOST })
    const [error] = (await once(distrustful, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    socket.destroy()
    await expect.poll(() => said).toContainEqual(expect.stringContaining('must trust the certificate authority'))
  })
})

describe('the certificate authority of the proxy', () => {
  test('is kept in the data folder, its key for its owner alone', async () => {
    const stateDir = await makeFolder()
    const { sandbox, proxy } = await startProxied({ stateDir })
    expect(proxy.certificateFile).toBe(join(stateDir, 'ca.pem'))
    expect(readFileSync(join(stateDir, 'ca.pem'), 'utf8')).toBe(proxy.certificate)
    expect(statSync(join(stateDir, 'ca-key.pem')).mode & 0o777).toBe(0o600)
    await sandbox.close()
    expect((await startProxied({ stateDir })).proxy.certificate).toBe(proxy.certificate)
  })

  test('isn’t made without a proxy', async () => {
    const stateDir = await makeFolder()
    await startSandbox({ stateDir })
    expect(existsSync(join(stateDir, 'ca.pem'))).toBe(false)
  })

  test('is made anew when it is about to expire', async () => {
    const stateDir = await makeFolder()
    const first = openAuthority(stateDir, Date.now() - 9.5 * 365 * 86_400_000)
    expect(openAuthority(stateDir, Date.now()).certificate).not.toBe(first.certificate)
  })

  test('says what to do when a file of it is damaged, and leaves the port to the next', async () => {
    const stateDir = await makeFolder()
    openAuthority(stateDir, Date.now())
    await writeFile(join(stateDir, 'ca.pem'), 'damaged')
    await expect(startProxied({ stateDir })).rejects.toThrow('is damaged. Remove both')
    await rm(join(stateDir, 'ca.pem'))
    await startProxied({ stateDir })
  })

  test.for([
    ['WeChat', 'localhost.api.weixin.qq.com', undefined],
    ['another host', 'example.com', 'permitted subtree violation'],
    ['localhost', 'localhost', 'permitted subtree violation'],
  ] as const)('vouches for %s, or not: whoever steals it can play WeChat alone', async ([, host, refusal]) => {
    const authority = openAuthority(undefined, Date.now())
    const thief = createTlsServer(issueLeaf(authority, Date.now(), [host]), (socket) => socket.end())
    const port = await listen(thief)
    onTestFinished(() => void thief.close())
    const client = connectTls({ port, host: '127.0.0.1', servername: host, ca: authority.certificate })
    onTestFinished(() => void client.destroy())
    expect(await refusalOf(client)).toBe(refusal)
  })
})

async function refusalOf(client: TLSSocket): Promise<string | undefined> {
  return once(client, 'secureConnect').then(
    () => undefined,
    (error: Error) => error.message,
  )
}
