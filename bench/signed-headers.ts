import { type KeyObject, sign } from 'node:crypto'
import type { Credentials } from '@looklook-pay/sandbox'

/** The headers by which WeChat Pay signs a body, of a notice and of an answer alike. */
export function signedHeaders(
  { publicKeyId }: Credentials,
  { key, nonce, body }: { key: KeyObject; nonce: string; body: string },
): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000))
  return {
    'content-type': 'application/json',
    'wechatpay-serial': publicKeyId,
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': nonce,
    'wechatpay-signature': sign('sha256', Buffer.from(`${timestamp}\n${nonce}\n${body}\n`), key).toString('base64'),
    'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
  }
}
