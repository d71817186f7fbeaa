import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, vi } from 'vitest'
import type { WechatPay, WechatPayConfig } from '../../../src/wechat/merchant.ts'
import { openWechatPay } from '../../../src/wechat/pay.ts'
import { createNonce, responseMessage } from '../../../src/wechat/signature.ts'

export interface Received {
  method: string
  /** Path and query as received. */
  path: string
  headers: Record<string, string | undefined>
  body: string
}

export interface Reply {
  status?: number
  body?: string | Buffer
  headers?: Record<string, string>
  /** By default a valid signature on 2xx, and none on anything else. */
  signedBy?: Signer | 'nobody'
  /** Seconds by which `Wechatpay-Timestamp` is off. */
  clockOffset?: number
}

export type Handler = (received: Received, call: number) => Reply | 'hang' | 'reset'

export interface Signer {
  serial: string
  privateKey: KeyObject
}

/** Longer than anything takes on a slow machine. */
const LONG_MS = 120_000

const platform = generateKeyPairSync('rsa', { modulusLength: 2048 })
const merchant = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** WeChat Pay's key in these tests, generated here. */
export const wechatSigner: Signer = { serial: 'PUB_KEY_ID_0100000000000000000001', privateKey: platform.privateKey }
export const merchantPublicKey = merchant.publicKey
export const apiV3Key = 'TheKeyOfTheseTestsHas32BytesInIt'

export const merchantConfig: WechatPayConfig = {
  mchid: '1900000001',
  appid: 'wx00000000000000aa',
  mchCertSerial: '3775B6A45ACD588826D15E583A95F5DD00000001',
  mchPrivateKey: pem(merchant.privateKey, 'pkcs8'),
  apiV3Key,
  publicKey: { id: wechatSigner.serial, pem: pem(platform.publicKey, 'spki') },
  notifyUrl: 'https://shop.example/wechat/pay/notify',
  apiUrl: 'http://127.0.0.1:1',
}

export function pem(key: KeyObject, type: 'pkcs8' | 'spki'): string {
  return key.export({ type, format: 'pem' }).toString()
}

/** The headers of `body` with the signature of `signer`. */
export function signedBy(signer: Signer, body: string | Buffer, at = new Date()): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const nonce = createNonce()
  const signature = sign('sha256', responseMessage({ timestamp, nonce, body }), signer.privateKey).toString('base64')
  return {
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Serial': signer.serial,
    'Wechatpay-Signature': signature,
    'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
  }
}

/** A server on a real socket that answers as `handler` says, until the test ends. */
export async function startServer(handler: Handler): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = []
  const server = createServer((incoming, outgoing) => {
    void readBody(incoming).then((body) => {
      const { method = '', url: path = '', headers } = incoming
      received.push({ method, path, headers: headers as Received['headers'], body })
      const reply = handler(received.at(-1) as Received, received.length)
      if (reply === 'reset') incoming.socket.resetAndDestroy()
      else if (reply !== 'hang') send(outgoing, reply)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

/** Our client, talking to a server that answers as `handler` says. */
export async function givenWechatPay(
  handler: Handler,
  options: { config?: Partial<WechatPayConfig> } & Parameters<typeof openWechatPay>[1] = {},
): Promise<{ wechat: WechatPay; received: Received[] }> {
  const { url, received } = await startServer(handler)
  const { config, ...rest } = options
  const wechat = openWechatPay(
    { ...merchantConfig, apiUrl: url, ...config },
    {
      downloadCertificates: false,
      ...rest,
      timing: { repeatMs: 1, slowRepeatMs: 1, totalMs: LONG_MS, ...rest.timing },
    },
  )
  onTestFinished(() => wechat.close())
  return { wechat, received }
}

/**
 * Makes a call that WeChat Pay receives and never answers, and moves the clock forward to its time-out.
 *
 * @param call starts the call; no timer that it sets runs by itself.
 */
export async function untilTimeout<Result>(
  { wechat, received }: { wechat: WechatPay; received: Received[] },
  call: () => Promise<Result>,
): Promise<Result> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  try {
    const before = received.length
    const outcome = call()
    await expect.poll(() => received.length).toBe(before + 1)
    vi.advanceTimersByTime(wechat.timing.totalMs)
    return await outcome
  } finally {
    vi.useRealTimers()
  }
}

function send(outgoing: ServerResponse, reply: Reply): void {
  const { status = 200, body = '', headers = {}, clockOffset = 0 } = reply
  const signer = reply.signedBy ?? (status >= 200 && status < 300 ? wechatSigner : 'nobody')
  const at = new Date(Date.now() + clockOffset * 1000)
  const signature = signer === 'nobody' ? {} : signedBy(signer, body, at)
  outgoing.writeHead(status, { 'Request-ID': 'REQ-1', ...signature, ...headers }).end(body)
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
