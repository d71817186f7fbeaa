import { createPrivateKey, type KeyObject, randomUUID, sign } from 'node:crypto'
import { inject } from 'vitest'
import { createNonce, responseMessage } from '../../src/wechat/signature.ts'
import { encryptAead } from './aead.ts'
import type { TestApp } from './app.ts'

export interface ForgedNotice {
  headers: Record<string, string>
  body: string | Buffer
}

export interface SealOptions {
  noticeId?: string
  eventType?: string
  /** The merchant's own by default. */
  apiV3Key?: string
}

/** The body of a notice that carries `content`, encrypted; a string is taken as it is. */
export function sealNotice(content: Record<string, unknown> | string, options: SealOptions = {}): string {
  const {
    noticeId = randomUUID(),
    eventType = 'TRANSACTION.SUCCESS',
    apiV3Key = inject('credentials').apiV3Key,
  } = options
  const originalType = eventType.startsWith('REFUND') ? 'refund' : 'transaction'
  const nonce = createNonce().slice(0, 12)
  const plaintext = typeof content === 'string' ? content : JSON.stringify(content)
  return JSON.stringify({
    id: noticeId,
    create_time: new Date().toISOString(),
    resource_type: 'encrypt-resource',
    event_type: eventType,
    summary: '支付成功',
    resource: {
      original_type: originalType,
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: encryptAead(apiV3Key, { plaintext, nonce, associatedData: originalType }),
      associated_data: originalType,
      nonce,
    },
  })
}

/**
 * `body` as WeChat Pay would send it, signed with its own key.
 *
 * @param options.ageSeconds how long ago it was signed.
 * @param options.key signs in WeChat's place.
 */
export function signNotice(
  body: string | Buffer,
  { ageSeconds = 0, key = wechatKey() }: { ageSeconds?: number; key?: KeyObject } = {},
): ForgedNotice {
  const timestamp = String(Math.floor(Date.now() / 1000) - ageSeconds)
  const nonce = createNonce()
  const signature = sign('sha256', responseMessage({ timestamp, nonce, body }), key).toString('base64')
  const headers = {
    'content-type': 'application/json',
    'wechatpay-serial': inject('credentials').publicKeyId,
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': nonce,
    'wechatpay-signature': signature,
    'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
  }
  return { headers, body }
}

/** Posts it to the app's notice route. */
export function postNotice(app: TestApp, { headers, body }: ForgedNotice): Promise<Response> {
  return fetch(app.notifyUrl, { method: 'POST', headers, body: typeof body === 'string' ? body : new Uint8Array(body) })
}

/** Seals, signs and posts in one step; what was answered. */
export async function notify(
  app: TestApp,
  content: Record<string, unknown> | string,
  options: SealOptions = {},
): Promise<number> {
  const response = await postNotice(app, signNotice(sealNotice(content, options)))
  await response.arrayBuffer()
  return response.status
}

function wechatKey(): KeyObject {
  return createPrivateKey(inject('credentials').platformPrivateKey)
}
