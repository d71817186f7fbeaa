import { createCipheriv } from 'node:crypto'
import { randomAlphanumeric } from '../numbers.ts'

const NONCE_CHARACTERS = 12

/** Encrypted content, as notices and certificates carry it. */
export interface Sealed {
  algorithm: 'AEAD_AES_256_GCM'
  /** base64 of the encrypted bytes, followed by the tag of 16 bytes. */
  ciphertext: string
  associated_data: string
  nonce: string
}

/**
 * Encrypts with AES-256-GCM under the merchant's APIv3 key.
 *
 * @param content.associatedData is covered by the tag and sent in clear.
 * @param content.nonce 12 characters; fresh ones by default.
 * @throws {RangeError} when the key isn't 32 bytes long.
 *
 * Source: https://pay.weixin.qq.com/docs/merchant/development/interface-rules/certificate-callback-decryption.html
 */
export function seal(apiV3Key: string, content: { plaintext: string; associatedData: string; nonce?: string }): Sealed {
  const { plaintext, associatedData, nonce = randomAlphanumeric(NONCE_CHARACTERS) } = content
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(apiV3Key), Buffer.from(nonce))
  cipher.setAAD(Buffer.from(associatedData))
  const encrypted = [cipher.update(plaintext, 'utf8'), cipher.final()]
  return {
    algorithm: 'AEAD_AES_256_GCM',
    ciphertext: Buffer.concat([...encrypted, cipher.getAuthTag()]).toString('base64'),
    associated_data: associatedData,
    nonce,
  }
}
