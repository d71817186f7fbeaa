import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createCredentials, openSandbox, type Sandbox, type SandboxOptions } from '@looklook-pay/sandbox'
import { onTestFinished } from 'vitest'
import { decryptAead } from '../../../src/wechat/cipher.ts'
import {
  createNonce,
  payMessage,
  requestMessage,
  responseMessage,
  signMessage,
  verifyMessage,
} from '../../../src/wechat/signature.ts'

export interface Reply {
  status: number
  headers: Headers
  text: string
  bytes: Buffer
  json: Record<string, unknown>
  /** Whether a key that this merchant trusts signed exactly these bytes. */
  isSigned: boolean
  /** The `Wechatpay-Serial` of the answer. */
  signedBy: string
}

export interface Signing {
  mchid?: string
  serial?: string
  timestamp?: number
  nonce?: string
  /** What is signed, when it isn't what is sent. */
  signedBody?: string
  signed?: Partial<Parameters<typeof requestMessage>[0]>
  headers?: Record<string, string>
  /** The request's `Wechatpay-Serial`; null sends none. The public key by default, else a certificate. */
  requestedSerial?: string | null
  /** Reverses the order of the fields of Authorization. */
  reversed?: boolean
  signal?: AbortSignal
}

export interface Received {
  headers: IncomingHttpHeaders
  envelope: Record<string, unknown> & { id: string; event_type: string }
  content: Record<string, unknown>
  isSigned: boolean
  signedBy: string
  receivedAt: number
}

/** Making keys is slow: the tests of a file share them, and nothing else. */
const credentials = createCredentials(Date.now())

/** A sandbox that ends with the test. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const shared = await credentials
  const sandbox = await openSandbox({
    credentials: shared,
    noticeScheduleFactor: 0.001,
    refundDelayMs: 5,
    refundIntervalMs: 0,
    ...options,
  })
  onTestFinished(() => sandbox.close())
  return sandbox
}

/** A merchant that builds its signatures part by part, so that each part can be wrong. */
export function merchantOf(sandbox: Pick<Sandbox, 'url' | 'credentials'>, now: () => number = Date.now) {
  const { credentials, url } = sandbox
  const key = createPrivateKey(credentials.mchPrivateKey)
  const trusted = new Map<string, KeyObject>()
  if (credentials.publicKey) trusted.set(credentials.publicKeyId, createPublicKey(credentials.publicKey))

  async function call(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    input?: unknown,
    signing: Signing = {},
  ): Promise<Reply> {
    const body = input === undefined ? '' : typeof input === 'string' ? input : JSON.stringify(input)
    const hasBody = method === 'POST' || method === 'PUT'
    const timestamp = signing.timestamp ?? Math.floor(now() / 1000)
    const nonce = signing.nonce ?? createNonce()
    const message = requestMessage({
      method,
      pathAndQuery: path,
      timestamp,
      nonce,
      body: signing.signedBody ?? body,
      ...signing.signed,
    })
    const fields = {
      mchid: signing.mchid ?? credentials.mchid,
      nonce_str: nonce,
      signature: await signMessage(key, message),
      timestamp,
      serial_no: signing.serial ?? credentials.mchCertSerial,
    }
    const serial = signing.requestedSerial === undefined ? [...trusted.keys()][0] : signing.requestedSerial
    const authorization = Object.entries(fields).map(([name, value]) => `${name}="${value}"`)
    if (signing.reversed) authorization.reverse()
    const response = await fetch(url + path, {
      method,
      ...(signing.signal ? { signal: signing.signal } : {}),
      headers: {
        accept: 'application/json',
        'user-agent': 'merchant/1.0',
        ...(hasBody ? { 'content-type': 'application/json' } : {}),
        ...(serial ? { 'wechatpay-serial': serial } : {}),
        authorization: `WECHATPAY2-SHA256-RSA2048 ${authorization.join(',')}`,
        ...signing.headers,
      },
      ...(hasBody ? { body } : {}),
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    const text = bytes.toString()
    return {
      status: response.status,
      headers: response.headers,
      text,
      bytes,
      json: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
      isSigned: isSigned(Object.fromEntries(response.headers), text),
      signedBy: response.headers.get('wechatpay-serial') ?? '',
    }
  }

  function isSigned(headers: IncomingHttpHeaders, body: string): boolean {
    const read = (name: string) => [headers[name] ?? ''].flat().join()
    const message = responseMessage({ timestamp: read('wechatpay-timestamp'), nonce: read('wechatpay-nonce'), body })
    const key = trusted.get(read('wechatpay-serial'))
    return key !== undefined && verifyMessage(key, message, read('wechatpay-signature'))
  }

  /** Downloads and decrypts WeChat's platform certificates, and trusts them from now on. */
  async function fetchCertificates(signing: Signing = {}): Promise<X509Certificate[]> {
    const { json } = await call('GET', '/v3/certificates', undefined, signing)
    const listed = json.data as { serial_no: string; encrypt_certificate: Parameters<typeof decryptAead>[1] }[]
    return listed.map(({ serial_no, encrypt_certificate }) => {
      const certificate = new X509Certificate(decryptAead([credentials.apiV3Key], encrypt_certificate))
      trusted.set(serial_no, certificate.publicKey)
      return certificate
    })
  }

  const prepayBody = (outTradeNo: string, changes: Record<string, unknown> = {}) => ({
    appid: credentials.appid,
    mchid: credentials.mchid,
    description: '海边民宿 2 晚',
    out_trade_no: outTradeNo,
    notify_url: 'http://127.0.0.1:9/wechat/pay/notify',
    amount: { total: 10_000, currency: 'CNY' },
    payer: { openid: 'o_alice' },
    ...changes,
  })

  /** The parameters of `wx.requestPayment`, and the appId. */
  async function payParameters(prepayId: string, timeStamp = String(Math.floor(now() / 1000))) {
    const signed = { appId: credentials.appid, timeStamp, nonceStr: createNonce(), package: `prepay_id=${prepayId}` }
    return { ...signed, signType: 'RSA' as const, paySign: await signMessage(key, payMessage(signed)) }
  }

  async function prepay(outTradeNo: string, changes: Record<string, unknown> = {}): Promise<string> {
    const reply = await call('POST', '/v3/pay/transactions/jsapi', prepayBody(outTradeNo, changes))
    if (reply.status !== 200) throw new Error(`prepay refused: ${reply.text}`)
    return String(reply.json.prepay_id)
  }

  return {
    call,
    isSigned,
    fetchCertificates,
    prepayBody,
    prepay,
    payParameters,
    query: (outTradeNo: string) =>
      call('GET', `/v3/pay/transactions/out-trade-no/${outTradeNo}?mchid=${credentials.mchid}`),
    refundBody: (
      outTradeNo: string,
      outRefundNo: string,
      refundFen: number,
      changes: Record<string, unknown> = {},
    ) => ({
      out_trade_no: outTradeNo,
      out_refund_no: outRefundNo,
      amount: { refund: refundFen, total: 10_000, currency: 'CNY' },
      ...changes,
    }),
    refund: (body: unknown) => call('POST', '/v3/refund/domestic/refunds', body),
    queryRefund: (outRefundNo: string) => call('GET', `/v3/refund/domestic/refunds/${outRefundNo}`),
    close: (outTradeNo: string) =>
      call('POST', `/v3/pay/transactions/out-trade-no/${outTradeNo}/close`, { mchid: credentials.mchid }),
    readNotice(headers: IncomingHttpHeaders, body: string): Received {
      const envelope = JSON.parse(body)
      const content = JSON.parse(decryptAead([credentials.apiV3Key], envelope.resource))
      const signedBy = String(headers['wechatpay-serial'])
      return { headers, envelope, content, isSigned: isSigned(headers, body), signedBy, receivedAt: Date.now() }
    },
  }
}

/** Collects notices; answers with `statuses` in turn, then with 204. Ends with the test. */
export async function startReceiver(merchant: ReturnType<typeof merchantOf>, statuses: number[] = []) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push(merchant.readNotice(request.headers, Buffer.concat(chunks).toString()))
      response.writeHead(statuses.shift() ?? 204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => server.close().closeAllConnections())
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/wechat/pay/notify` }
}
