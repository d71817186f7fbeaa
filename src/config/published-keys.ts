import { createHash, type KeyObject } from 'node:crypto'

/**
 * SHA-256 of each public key (SPKI, DER) and each APIv3 key in test/conformance/vectors.json, private halves included.
 */
const FINGERPRINTS = new Set([
  '11ad7837b5c218ef06ee7af394bd230fb2f201fae6621bd29203c2b28fbae506',
  '951d570064478d8d3accd8b846b3327d594869eb0a1f786214f5b3585318ddf5',
  'e018dea10b0c023cac859f7dd77c358afab43a419df4176449e404df339b56c2',
  'ee6cc7e69ec143a7fc09a1778c3cc2a5a69c9595f9e96fe790b447efaa8d49ae',
  'cd1500f036d46dde5d451704a392015d8613b74b119859c4db2c785deb46fcae',
  '5d768f233f972fa7f185d7c4d0afaf01da2e8fae615d7952975ea394df2e4475',
])

/** True for a key that is published in our test vectors. Takes an APIv3 key as text, any other as its public key. */
export function isPublished(key: string | KeyObject): boolean {
  const bytes = typeof key === 'string' ? key : key.export({ type: 'spki', format: 'der' })
  return FINGERPRINTS.has(createHash('sha256').update(bytes).digest('hex'))
}
