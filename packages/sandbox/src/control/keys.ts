import { z } from 'zod'
import type { Route } from '../http/route.ts'
import { issueCertificate, validCertificates } from '../keys/platform-certificates.ts'
import { rotatePublicKey } from '../keys/public-key.ts'
import type { PlatformCertificate, PublicKey } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { ability } from './ability.ts'

/** Twice as long as WeChat Pay's. */
const MAX_LIFE_SECONDS = 10 * 366 * 86_400

/** What an operator does with WeChat Pay's keys on the merchant platform. */
export const keyControls: Route[] = [
  ability({
    method: 'GET',
    path: '/sandbox/certificates',
    does: 'lists the platform certificates that haven’t expired',
    input: z.strictObject({}),
    handle: listCertificates,
  }),
  ability({
    method: 'POST',
    path: '/sandbox/certificates',
    does: 'rotates the platform certificate: issues one more, and both sign in turn',
    input: z.strictObject({ lifeSeconds: z.int().min(1).max(MAX_LIFE_SECONDS).optional() }),
    async handle(world, { lifeSeconds }) {
      await issueCertificate(world, lifeSeconds && lifeSeconds * 1000)
      return listCertificates(world)
    },
  }),
  ability({
    method: 'GET',
    path: '/sandbox/public-key',
    does: 'lists the public keys, oldest first: the last one signs, and an earlier one answers requests that name it',
    input: z.strictObject({}),
    handle: listPublicKeys,
  }),
  ability({
    method: 'POST',
    path: '/sandbox/public-key',
    does: 'rotates the public key: the new one, which is answered, signs whatever doesn’t ask for an earlier one',
    input: z.strictObject({}),
    handle: rotatePublicKey,
  }),
]

async function listCertificates(world: World): Promise<Omit<PlatformCertificate, 'privateKey'>[]> {
  const valid = world.settings.signedBy === 'public-key' ? [] : await validCertificates(world)
  return valid.map(({ privateKey: _secret, ...shown }) => shown)
}

function listPublicKeys({ ledger, credentials }: World): Omit<PublicKey, 'privateKey'>[] {
  const { publicKeyId, publicKey } = credentials
  if (ledger.publicKeys.size === 0) return [{ publicKeyId, publicKey }]
  return [...ledger.publicKeys.values()].map(({ privateKey: _secret, ...shown }) => shown)
}
