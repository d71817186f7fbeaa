import { createPrivateKey, generateKeyPair, type KeyObject, randomBytes, randomInt } from 'node:crypto'
import { promisify } from 'node:util'
import { normaliseSerial } from '../../../../src/wechat/trust-store.ts'
import type { PlatformCertificate } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { createSelfSignedCertificate } from './self-signed-certificate.ts'

const DAY_MS = 86_400_000

/** https://pay.weixin.qq.com/doc/v3/merchant/4012154180: five years, and the next one ten days before the end. */
const LIFE_MS = 5 * 365 * DAY_MS
const OVERLAP_MS = 10 * DAY_MS

/** What is loaded or being made of the certificates. */
export interface CertificateShelf {
  keys: Map<string, KeyObject>
  making?: Promise<unknown>
}

/**
 * The platform certificates that have not ended, oldest first. There always is one, and from ten days before its end
 * its successor too.
 */
export async function livingCertificates(world: World): Promise<[PlatformCertificate, ...PlatformCertificate[]]> {
  for (;;) {
    const [oldest, ...younger] = unended(world)
    const lastEndsAt = Math.max(0, ...unended(world).map(({ endsAt }) => endsAt))
    if (oldest && lastEndsAt - world.now() > OVERLAP_MS) return [oldest, ...younger]
    world.certificates.making ??= issueCertificate(world).finally(() => delete world.certificates.making)
    await world.certificates.making
  }
}

/** The living certificate of that serial, however it is written. */
export function findCertificate(world: World, serial: string): PlatformCertificate | undefined {
  return unended(world).find((certificate) => normaliseSerial(certificate.serial) === normaliseSerial(serial))
}

/** A further certificate, valid from now on. When none lives for ten days more, the next one follows at once. */
export async function issueCertificate(world: World, lifeMs = LIFE_MS): Promise<PlatformCertificate> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const serial = newSerial()
  const startsAt = Math.floor(world.now() / 1000) * 1000
  const endsAt = startsAt + Math.ceil(lifeMs / 1000) * 1000
  const certificate = createSelfSignedCertificate({
    publicKey,
    privateKey,
    serial,
    organization: 'WeChat sandbox',
    commonName: 'WeChat sandbox platform certificate',
    startsAt,
    endsAt,
  })
  const issued = {
    serial,
    certificate,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    startsAt,
    endsAt,
  }
  world.ledger.commit(['platformCertificates', issued])
  return issued
}

/** What the certificate's owner signs with. */
export function privateKeyOf(world: World, { serial, privateKey }: PlatformCertificate): KeyObject {
  const known = world.certificates.keys.get(serial)
  if (known) return known
  const key = createPrivateKey(privateKey)
  world.certificates.keys.set(serial, key)
  return key
}

function unended(world: World): PlatformCertificate[] {
  return [...world.ledger.platformCertificates.values()].filter(({ endsAt }) => endsAt > world.now())
}

/** 40 upper-case hexadecimal digits; now and then the first is a zero, which some printers drop. */
function newSerial(): string {
  return Buffer.of(randomInt(1, 0x80), ...randomBytes(19))
    .toString('hex')
    .toUpperCase()
}
