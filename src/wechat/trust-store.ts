import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { WechatKeyError } from './errors.ts'
import { isStrongRsa, MINIMUM_KEY_BITS } from './rsa-key.ts'

const PUBLIC_KEY_ID_PREFIX = 'PUB_KEY_ID_'

/** How long an expired certificate is still trusted: messages that were signed before may arrive later. */
const KEPT_AFTER_EXPIRY_MS = 24 * 3_600_000

interface TrustedKey {
  /** As WeChat prints it: `PUB_KEY_ID_…`, or the serial of a platform certificate. */
  id: string
  kind: 'public-key' | 'certificate'
  key: KeyObject
  /** When the certificate expires; a WeChat Pay public key doesn't. */
  notAfter?: Date
}

/** The keys that verify WeChat Pay's signatures, by the serial that each message names. */
export interface TrustStore {
  /** @throws {WechatKeyError} when `id` or `pem` cannot be used. */
  addPublicKey(input: { id: string; pem: string }): TrustedKey
  /** @throws {WechatKeyError} when `pem` is not a certificate with an RSA key. */
  addCertificate(pem: string): TrustedKey
  /** The key named by `serial`, until a day after its certificate's expiry. Other keys are never tried. */
  find(serial: string, now: Date): KeyObject | undefined
  /** Removes the certificates that expired more than a day ago. */
  removeExpired(now: Date): void
  list(): TrustedKey[]
  /**
   * The id for the `Wechatpay-Serial` header of a request, by which WeChat Pay chooses the key for its answer: the
   * public key if there is one, else the certificate that expires last. Never an expired one: WeChat Pay refuses a
   * request that names a key which it no longer signs with.
   */
  preferredId(now: Date): string | undefined
}

/** An empty trust store. */
export function createTrustStore(): TrustStore {
  const keys = new Map<string, TrustedKey>()
  const keep = (trusted: TrustedKey) => {
    keys.set(normaliseSerial(trusted.id), trusted)
    return trusted
  }
  return {
    addPublicKey: (input) => keep(readPublicKey(input)),
    addCertificate: (pem) => keep(readCertificate(pem)),
    find: (serial, now) => {
      const found = keys.get(normaliseSerial(serial))
      return found && isTrusted(found, now) ? found.key : undefined
    },
    removeExpired: (now) => {
      for (const [serial, key] of keys) if (!isTrusted(key, now)) keys.delete(serial)
    },
    list: () => [...keys.values()],
    preferredId: (now) => preferred([...keys.values()], now)?.id,
  }
}

/** One spelling of a serial: upper case and, for certificates, without leading zeros, which some tools print. */
export function normaliseSerial(id: string): string {
  const upper = id.trim().toUpperCase()
  return upper.startsWith(PUBLIC_KEY_ID_PREFIX) ? upper : upper.replace(/^0+(?=.)/, '')
}

/** The serial of a certificate as WeChat writes it: upper-case hexadecimal, at least 40 digits. */
export function certificateSerial(certificate: X509Certificate): string {
  return certificate.serialNumber.toUpperCase().padStart(40, '0')
}

function readPublicKey({ id, pem }: { id: string; pem: string }): TrustedKey {
  if (!/^PUB_KEY_ID_[0-9A-Za-z]+$/.test(id)) {
    throw new WechatKeyError(
      'The id of a WeChat Pay public key must be PUB_KEY_ID_ and digits, as the platform shows it',
    )
  }
  if (!pem.includes('BEGIN PUBLIC KEY')) {
    throw new WechatKeyError('The WeChat Pay public key must be the pub_key.pem of the merchant platform')
  }
  return { id, kind: 'public-key', key: rsaKey(() => createPublicKey(pem)) }
}

function readCertificate(pem: string): TrustedKey {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(pem)
  } catch (error) {
    throw new WechatKeyError('The platform certificate is not an X.509 certificate in PEM', { cause: error })
  }
  return {
    id: certificateSerial(certificate),
    kind: 'certificate',
    key: rsaKey(() => certificate.publicKey),
    notAfter: certificate.validToDate,
  }
}

function rsaKey(read: () => KeyObject): KeyObject {
  let key: KeyObject
  try {
    key = read()
  } catch (error) {
    throw new WechatKeyError('The key cannot be read: paste the PEM file unchanged', { cause: error })
  }
  if (!isStrongRsa(key)) throw new WechatKeyError(`The key must be RSA with at least ${MINIMUM_KEY_BITS} bits`)
  return key
}

function isTrusted({ notAfter }: TrustedKey, now: Date): boolean {
  return notAfter === undefined || now.getTime() <= notAfter.getTime() + KEPT_AFTER_EXPIRY_MS
}

function preferred(keys: TrustedKey[], now: Date): TrustedKey | undefined {
  const publicKeys = keys.filter((key) => key.kind === 'public-key')
  if (publicKeys.length > 0) return publicKeys.at(-1)
  const expiryOf = ({ notAfter }: TrustedKey) => notAfter?.getTime() ?? 0
  const valid = keys.filter((key) => expiryOf(key) > now.getTime())
  return valid.sort((a, b) => expiryOf(a) - expiryOf(b)).at(-1)
}
