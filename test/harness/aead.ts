import { createCipheriv } from 'node:crypto'

interface PlainResource {
  plaintext: string
  /** 12 bytes. */
  nonce: string
  associatedData: string
}

/**
 * Encrypts as WeChat Pay does for `resource.ciphertext`: AES-256-GCM under the APIv3 key, tag appended, as base64.
 *
 * Source: wechatpay-go `utils/aes.go`.
 */
export function encryptAead(apiV3Key: string, { plaintext, nonce, associatedData }: PlainResource): string {
  const cipher = createCipheriv('aes-256-gcm', apiV3Key, nonce, { authTagLength: 16 })
  cipher.setAAD(Buffer.from(associatedData))
  return Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64')
}
