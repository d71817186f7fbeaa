import { createPrivateKey, generateKeyPair, type KeyObject, randomBytes, randomInt } from 'node:crypto'
import { promisify } from 'node:util'
import type { Ledger, PlatformCertificate } from '../store/ledger.ts'
import { createSelfSignedCertificate } from './self-signed-certificate.ts'

const DAY_MS = 86_400_000

/** https://pay.weixin.qq.com/doc/v3/merchant/4012154180: five years, and the next one ten days before the end. */
const LIFE_MS = 5 * 365 * DAY_MS
const OVERLAP_MS = 10 * DAY_MS

export interface CertificateDeps {
  ledger: Ledger
  certificates: CertificateShelf
  /** Milliseconds since 1970. */
  now: () => number
}

/** The keys that are loaded, by serial, and the certificate that is being issued. */
interface CertificateShelf {
  keys: Map<string, KeyObject>
  issuing?: Promise<unknown>
}

/**
 * The platform certificates that haven't expired, oldest first. There always is one, and from ten days before it
 * expires its successor too.
 */
export async function validCertificates(
  deps: CertificateDeps,
): Promise<[PlatformCertificate, ...PlatformCertificate[]]> {
  for (;;) {
    const [oldest, ...younger] = listValid(deps)
    const lastExpiry = Math.max(0, ...listValid(deps).map(({ endsAt }) => endsAt))
    if (oldest && lastExpiry - deps.now() > OVERLAP_MS) return [oldest, ...younger]
    deps.certificates.issuing ??= issueCertificate(deps).finally(() => delete deps.certificates.issuing)
    await deps.certificates.issuing
  }
}

/** The valid certificate with that serial, in upper or lower case, with or without its leading zeros. */
export function findCertificate(deps: CertificateDeps, serial: string): PlatformCertificate | undefined {
  return listValid(deps).find((certificate) => canonicalSerial(certificate.serial) === canonicalSerial(serial))
}

/** One more certificate, valid from now on. When it expires within ten days, its successor follows at once. */
export async function issueCertificate(deps: CertificateDeps, lifeMs = LIFE_MS): Promise<PlatformCertificate> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const serial = newSerial()
  const startsAt = Math.floor(deps.now() / 1000) * 1000
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
  deps.ledger.commit(['platformCertificates', issued])
  return issued
}

/** The key that signs in the name of a certificate, or of an earlier public key. */
export function privateKeyOf(
  { certificates }: CertificateDeps,
  { serial, privateKey }: Pick<PlatformCertificate, 'serial' | 'privateKey'>,
): KeyObject {
  const loaded = certificates.keys.get(serial)
  if (loaded) return loaded
  const key = createPrivateKey(privateKey)
  certificates.keys.set(serial, key)
  return key
}

function listValid({ ledger, now }: CertificateDeps): PlatformCertificate[] {
  return [...ledger.platformCertificates.values()].filter(({ endsAt }) => endsAt > now())
}

function canonicalSerial(serial: string): string {
  return serial.toUpperCase().replace(/^0*/, '')
}

/** 40 upper-case hexadecimal digits; now and then the first is a zero, which some printers drop. */
function newSerial(): string {
  return Buffer.of(randomInt(1, 0x80), ...randomBytes(19))
    .toString('hex')
    .toUpperCase()
}
