import { createPrivateKey } from 'node:crypto'
import type { PublicKey } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { type Credentials, generateRsaPems, newPublicKeyId } from './credentials.ts'

/**
 * A new public key of WeChat Pay's, which signs from now on. The earlier ones sign answers to requests that still name
 * them in `Wechatpay-Serial`. WeChat documents no more of it than that a merchant can apply for another key.
 *
 * @returns what the merchant has to set.
 */
export async function rotatePublicKey(world: World): Promise<Pick<PublicKey, 'publicKeyId' | 'publicKey'>> {
  const { publicKey, privateKey } = await generateRsaPems()
  const { mchid, publicKeyId, publicKey: earlier, platformPrivateKey } = world.credentials
  const issued = { publicKeyId: newPublicKeyId(mchid, world.now()), publicKey, privateKey }
  world.ledger.commit(
    ['publicKeys', { publicKeyId, publicKey: earlier, privateKey: platformPrivateKey }],
    ['publicKeys', issued],
  )
  world.credentials = withNewestKey(world.credentials, world.ledger.publicKeys)
  world.keys = { ...world.keys, platformPrivateKey: createPrivateKey(privateKey) }
  return { publicKeyId: issued.publicKeyId, publicKey }
}

/** The credentials with the key of the last rotation, when there was one. */
export function withNewestKey(credentials: Credentials, rotated: ReadonlyMap<string, PublicKey>): Credentials {
  const newest = [...rotated.values()].at(-1)
  if (!newest) return credentials
  const { publicKeyId, publicKey, privateKey } = newest
  return { ...credentials, publicKeyId, publicKey, platformPrivateKey: privateKey }
}
