import { type KeyObject, randomUUID, sign, verify } from 'node:crypto'

const LINE_FEED = 0x0a

export interface SignedRequest {
  method: string
  /** Path and query exactly as they go over the wire, percent-encoding included. */
  pathAndQuery: string
  /** Unix time in seconds. */
  timestamp: string | number
  nonce: string
  /** The exact text of the body; `''` for GET. */
  body: string
}

export interface SignedResponse {
  /** Unix time in seconds. */
  timestamp: string
  nonce: string
  /** The bytes as received; a re-serialised body does not verify. */
  body: string | Buffer
}

export interface PayMessage {
  appId: string
  /** Unix time in seconds. */
  timeStamp: string
  nonceStr: string
  /** `prepay_id=…`, prefix included. */
  package: string
}

/**
 * Signs `message` (RSASSA-PKCS1-v1_5, SHA-256) in the thread pool. @returns the signature as base64.
 *
 * Source: wechatpay-go `core/auth/signers/sha256withrsa_signer.go`.
 */
export function signMessage(privateKey: KeyObject, message: string): Promise<string> {
  return new Promise((resolve, reject) => {
    sign('sha256', Buffer.from(message), privateKey, (error, signature) => {
      if (error) reject(error)
      else resolve(signature.toString('base64'))
    })
  })
}

/**
 * True when `signature` is the base64 RSA-SHA256 signature of `message`. Never throws over untrusted input: text that
 * isn't canonical base64 is a wrong signature.
 */
export function verifyMessage(publicKey: KeyObject, message: string | Buffer, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64')
  if (bytes.length === 0 || bytes.toString('base64') !== signature) return false
  return verify('sha256', typeof message === 'string' ? Buffer.from(message) : message, publicKey, bytes)
}

/**
 * The text that a merchant signs for a request: five fields, each followed by a line feed, the last one too.
 *
 * Source: https://pay.weixin.qq.com/docs/merchant/development/interface-rules/signature-generation.html
 */
export function requestMessage({ method, pathAndQuery, timestamp, nonce, body }: SignedRequest): string {
  return `${method}\n${pathAndQuery}\n${timestamp}\n${nonce}\n${body}\n`
}

/**
 * The bytes that WeChat Pay signs for a response or a notice; they include the raw body.
 *
 * Source: wechatpay-go `core/auth/validators/wechat_pay_validator.go`.
 */
export function responseMessage({ timestamp, nonce, body }: SignedResponse): Buffer {
  const head = `${timestamp}\n${nonce}\n`
  if (typeof body === 'string') return Buffer.from(`${head}${body}\n`)
  const headBytes = Buffer.byteLength(head)
  const message = Buffer.allocUnsafe(headBytes + body.length + 1)
  message.write(head)
  message.set(body, headBytes)
  message[headBytes + body.length] = LINE_FEED
  return message
}

/**
 * The text that a merchant signs for `wx.requestPayment`. The app id is signed, but isn't an argument of that call.
 *
 * Source: wechatpay-go `services/payments/jsapi/api_jsapi_request_payment.go`.
 */
export function payMessage({ appId, timeStamp, nonceStr, package: prepay }: PayMessage): string {
  return `${appId}\n${timeStamp}\n${nonceStr}\n${prepay}\n`
}

export interface Authorization {
  mchid: string
  /** Of the merchant API certificate. */
  serial: string
  nonce: string
  timestamp: string | number
  signature: string
}

/**
 * The `Authorization` header of a signed request. Source: `HeaderAuthorizationFormat` in wechatpay-go
 * `core/consts/const.go`.
 */
export function authorizationHeader({ mchid, serial, nonce, timestamp, signature }: Authorization): string {
  const own = `mchid="${mchid}",nonce_str="${nonce}",timestamp="${timestamp}",serial_no="${serial}"`
  return `WECHATPAY2-SHA256-RSA2048 ${own},signature="${signature}"`
}

/** 32 characters of `0-9a-f` with 122 unpredictable bits. A UUID, since its random bytes are drawn many at a time. */
export function createNonce(): string {
  return randomUUID().replaceAll('-', '')
}
