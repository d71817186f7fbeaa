import type { KeyObject } from 'node:crypto'

export const MINIMUM_KEY_BITS = 2048

/** Whether a key is RSA with as many bits as WeChat Pay uses, or more. */
export function isStrongRsa(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MINIMUM_KEY_BITS
}
