import { createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { CipherError } from './errors.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

// Making one costs more than decoding a notice.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export interface EncryptedResource {
  /** base64 of the ciphertext followed by its 16-byte tag. */
  ciphertext: string
  /** 12 bytes. */
  nonce: string
  associated_data?: string | null
}

/**
 * Decrypts with the first of `apiV3Keys` for which the tag is right: the present key, or the previous one while the key
 * is being changed.
 *
 * @throws {CipherError} when no key decrypts it, whatever the reason.
 */
export function decryptAead(apiV3Keys: readonly string[], resource: EncryptedResource): string {
  let failure: unknown
  for (const apiV3Key of apiV3Keys) {
    try {
      return decryptWith(apiV3Key, resource)
    } catch (error) {
      failure = error
    }
  }
  throw new CipherError(failure)
}

function decryptWith(apiV3Key: string, resource: EncryptedResource): string {
  const sealed = Buffer.from(resource.ciphertext, 'base64')
  if (sealed.toString('base64') !== resource.ciphertext) throw new RangeError('The ciphertext is not base64')
  if (sealed.length < TAG_BYTES) throw new RangeError('The ciphertext is shorter than its tag')
  const key = keyOf(apiV3Key)
  const decipher = createDecipheriv('aes-256-gcm', key, nonceBytes(resource.nonce), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(resource.associated_data ?? ''))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  const opened = decipher.update(sealed.subarray(0, -TAG_BYTES))
  // Only final() checks the tag: what update() returned isn't authenticated before that.
  return utf8.decode(Buffer.concat([opened, decipher.final()]))
}

/** A merchant has one key, or two while it is being changed. */
const MAX_KEYS = 4
// For Node, telling that bytes are a key costs as much as decrypting a notice.
const keys = new Map<string, KeyObject>()

function keyOf(apiV3Key: string): KeyObject {
  const known = keys.get(apiV3Key)
  if (known) return known
  const bytes = Buffer.from(apiV3Key)
  if (bytes.length !== KEY_BYTES) throw new RangeError(`The APIv3 key must be ${KEY_BYTES} bytes long`)
  if (keys.size >= MAX_KEYS) keys.clear()
  const key = createSecretKey(bytes)
  keys.set(apiV3Key, key)
  return key
}

function nonceBytes(nonce: string): Buffer {
  const bytes = Buffer.from(nonce)
  if (bytes.length !== NONCE_BYTES) throw new RangeError(`The nonce must be ${NONCE_BYTES} bytes long`)
  return bytes
}
