import { createVerify, type KeyObject, sign } from 'node:crypto'

/*
 * WeChat Pay's signatures from WeChat's side, written from its documentation. Nothing here comes from the product: a
 * sandbox that signed with the product's code would agree with its mistakes.
 */

/** `RSA` with SHA-256 and PKCS #1 v1.5 padding, which WeChat Pay calls WECHATPAY2-SHA256-RSA2048. */
const ALGORITHM = 'RSA-SHA256'

export const SIGNATURE_TYPE = 'WECHATPAY2-SHA256-RSA2048'

/**
 * What a merchant signs to call WeChat Pay.
 *
 * @param request.target path and query, exactly as they went over the wire.
 * @param request.timestamp seconds since 1970, as in the Authorization header.
 * @param request.body the text that was sent; empty for a GET.
 *
 * Source: https://pay.weixin.qq.com/docs/merchant/development/interface-rules/signature-generation.html
 */
export function requestMessage(request: {
  method: string
  target: string
  timestamp: string
  nonce: string
  body: string
}): string {
  return toLines(request.method, request.target, request.timestamp, request.nonce, request.body)
}

/**
 * What WeChat Pay signs when it answers, or sends a notice. An answer without a body still has its empty line.
 *
 * Source: https://pay.weixin.qq.com/docs/merchant/development/interface-rules/signature-verification.html
 */
export function responseMessage(response: { timestamp: string; nonce: string; body: string }): string {
  return toLines(response.timestamp, response.nonce, response.body)
}

/**
 * What a merchant signs for `wx.requestPayment`; `package` with its `prepay_id=`.
 *
 * Source: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_5_4.shtml
 */
export function paymentMessage(parameters: {
  appId: string
  timeStamp: string
  nonceStr: string
  package: string
}): string {
  return toLines(parameters.appId, parameters.timeStamp, parameters.nonceStr, parameters.package)
}

/**
 * What a merchant signs for a payment in an app; the prepay_id without a prefix.
 *
 * Source: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter5_1_6.shtml
 */
export function appPaymentMessage(parameters: {
  appid: string
  timestamp: string
  noncestr: string
  prepayid: string
}): string {
  return toLines(parameters.appid, parameters.timestamp, parameters.noncestr, parameters.prepayid)
}

/** The signature of `message` in base64, made in the thread pool. */
export function createSignature(privateKey: KeyObject, message: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  sign(ALGORITHM, Buffer.from(message), privateKey, (error, signature) => {
    if (error) reject(error)
    else resolve(signature.toString('base64'))
  })
  return promise
}

/** Whether `signature` is that of `message` under the other half of `publicKey`; false for what isn't strict base64. */
export function isSignatureOf(message: string, signature: string, publicKey: KeyObject): boolean {
  const bytes = Buffer.from(signature, 'base64')
  // Buffer.from ignores missing padding, and characters that aren't base64.
  return bytes.toString('base64') === signature && createVerify(ALGORITHM).update(message).verify(publicKey, bytes)
}

/** Each field is followed by a line feed, the last one too. */
function toLines(...fields: string[]): string {
  return fields.map((field) => `${field}\n`).join('')
}
