import type { KeyObject } from 'node:crypto'
import type { Settings } from '../control/settings.ts'
import type { Credentials, SandboxKeys } from './credentials.ts'
import { type CertificateDeps, findCertificate, privateKeyOf, validCertificates } from './platform-certificates.ts'
import { createShare, type Share } from './share.ts'

const DAY_MS = 86_400_000

/** Percentages of the days since a merchant began: https://pay.weixin.qq.com/doc/v3/merchant/4012154180 */
const rampPercents = [0.1, 1, 5, 10, 20, 50, 100] as const

/** A key that WeChat Pay signs with, and the name that merchants know it by. */
export interface SigningKey {
  /** `PUB_KEY_ID_…`, or the serial of a platform certificate. */
  serial: string
  privateKey: KeyObject
}

export interface SigningDeps extends CertificateDeps {
  /** Replaced as a whole by a rotation, with `keys`. */
  credentials: Credentials
  keys: SandboxKeys
  /** Replaced as a whole by every change. */
  settings: Settings
  signing: Signing
}

/** How far each share has come, and which certificate signs next. */
export interface Signing {
  /** When the migration to the public key began, in milliseconds since 1970. */
  rampSince: number
  byPublicKey: Share
  answerProbes: Share
  noticeProbes: Share
  turns: number
}

/** A merchant whose migration to the public key begins `now`, in milliseconds since 1970. */
export function openSigning(now: number): Signing {
  return {
    rampSince: now,
    byPublicKey: createShare(),
    answerProbes: createShare(),
    noticeProbes: createShare(),
    turns: 0,
  }
}

/**
 * The key that signs an answer.
 *
 * @param requested the request's `Wechatpay-Serial`. A merchant who has both kinds of key chooses with it.
 */
export async function keyForAnswer(deps: SigningDeps, requested: string | undefined): Promise<SigningKey> {
  const { signedBy } = deps.settings
  const wanted = findPublicKey(deps, requested)
  if (signedBy === 'public-key') return wanted ?? publicKey(deps)
  const hasBegun = signedBy === 'both' && publicKeyPercent(deps) > 0
  if (hasBegun && wanted) return wanted
  return (await certificateKey(deps, requested)) ?? nextCertificateKey(deps)
}

/** The key that signs one delivery of a notice; the next delivery may be signed by another. */
export async function keyForNotice(deps: SigningDeps): Promise<SigningKey> {
  const { signedBy } = deps.settings
  if (signedBy === 'public-key') return publicKey(deps)
  if (signedBy === 'both' && deps.signing.byPublicKey(publicKeyPercent(deps))) return publicKey(deps)
  return nextCertificateKey(deps)
}

/** The key that a request may name in `Wechatpay-Serial`; undefined when this merchant has none by that name. */
export function findKey(deps: SigningDeps, serial: string): SigningKey | undefined {
  const { signedBy } = deps.settings
  const known = signedBy === 'certificates' ? undefined : findPublicKey(deps, serial)
  if (known) return known
  const certificate = signedBy === 'public-key' ? undefined : findCertificate(deps, serial)
  return certificate && { serial: certificate.serial, privateKey: privateKeyOf(deps, certificate) }
}

function publicKeyPercent({ settings, signing, now }: SigningDeps): number {
  if (settings.publicKeyPercent !== 'ramp') return settings.publicKeyPercent
  const days = Math.max(0, Math.floor((now() - signing.rampSince) / DAY_MS))
  return rampPercents[days] ?? 100
}

/** The public key of that id, or one from before a rotation. */
function findPublicKey(deps: SigningDeps, id: string | undefined): SigningKey | undefined {
  if (id === undefined) return undefined
  if (id === deps.credentials.publicKeyId) return publicKey(deps)
  const earlier = deps.ledger.publicKeys.get(id)
  return earlier && { serial: id, privateKey: privateKeyOf(deps, { serial: id, privateKey: earlier.privateKey }) }
}

function publicKey({ credentials, keys }: SigningDeps): SigningKey {
  return { serial: credentials.publicKeyId, privateKey: keys.platformPrivateKey }
}

async function certificateKey(deps: SigningDeps, serial: string | undefined): Promise<SigningKey | undefined> {
  if (serial === undefined || findPublicKey(deps, serial)) return undefined
  await validCertificates(deps)
  return findKey(deps, serial)
}

/** While one certificate replaces another, they sign in turn. */
async function nextCertificateKey(deps: SigningDeps): Promise<SigningKey> {
  const valid = await validCertificates(deps)
  const certificate = valid[deps.signing.turns++ % valid.length] ?? valid[0]
  return { serial: certificate.serial, privateKey: privateKeyOf(deps, certificate) }
}
