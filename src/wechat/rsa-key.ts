import type { KeyObject } from 'node:crypto'

export const MINIMUM_KEY_BITS = 2048

/** True when a key is RSA with at least as many bits as WeChat Pay's keys. */
export function isStrongRsa(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MINIMUM_KEY_BITS
}
