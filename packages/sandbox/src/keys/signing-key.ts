import type { KeyObject } from 'node:crypto'
import type { World } from '../world.ts'
import { findCertificate, livingCertificates, privateKeyOf } from './platform-certificates.ts'
import { createShare, type Share } from './share.ts'

const DAY_MS = 86_400_000

/** Shares of the days since a merchant began: https://pay.weixin.qq.com/doc/v3/merchant/4012154180 */
const rampPercents = [0.1, 1, 5, 10, 20, 50, 100] as const

/** A key of WeChat Pay's, and the name that merchants know it by. */
export interface SigningKey {
  serial: string
  privateKey: KeyObject
}

/** Where the shares stand, and whose turn it is. */
export interface Signing {
  /** Milliseconds since 1970. */
  rampSince: number
  byPublicKey: Share
  answerProbes: Share
  noticeProbes: Share
  turns: number
}

/** A merchant whose migration to the public key begins `now`, in ms. */
export function openSigning(now: number): Signing {
  return {
    rampSince: now,
    byPublicKey: createShare(),
    answerProbes: createShare(),
    noticeProbes: createShare(),
    turns: 0,
  }
}

/** The key that signs an answer: what `Wechatpay-Serial` of the request asks for, where it has a say. */
export async function keyForAnswer(world: World, asked: string | undefined): Promise<SigningKey> {
  const { signedBy } = world.settings
  if (signedBy === 'public-key') return publicKey(world)
  const hasBegun = signedBy === 'both' && publicKeyPercent(world) > 0
  if (hasBegun && asked === world.credentials.publicKeyId) return publicKey(world)
  return (await certificateNamed(world, asked)) ?? certificateByTurns(world)
}

/** The key that signs one delivery of a notice; the next delivery may come under another. */
export async function keyForNotice(world: World): Promise<SigningKey> {
  const { signedBy } = world.settings
  if (signedBy === 'public-key') return publicKey(world)
  if (signedBy === 'both' && world.signing.byPublicKey(publicKeyPercent(world))) return publicKey(world)
  return certificateByTurns(world)
}

/** The key that a request may name in `Wechatpay-Serial`; undefined when this merchant knows none by that name. */
export function findKey(world: World, serial: string): SigningKey | undefined {
  const { signedBy } = world.settings
  if (signedBy !== 'certificates' && serial === world.credentials.publicKeyId) return publicKey(world)
  const certificate = signedBy === 'public-key' ? undefined : findCertificate(world, serial)
  return certificate && { serial: certificate.serial, privateKey: privateKeyOf(world, certificate) }
}

function publicKeyPercent({ settings, signing, now }: World): number {
  if (settings.publicKeyPercent !== 'ramp') return settings.publicKeyPercent
  const days = Math.max(0, Math.floor((now() - signing.rampSince) / DAY_MS))
  return rampPercents[days] ?? 100
}

function publicKey({ credentials, keys }: World): SigningKey {
  return { serial: credentials.publicKeyId, privateKey: keys.platformPrivateKey }
}

async function certificateNamed(world: World, serial: string | undefined): Promise<SigningKey | undefined> {
  if (serial === undefined || serial === world.credentials.publicKeyId) return undefined
  await livingCertificates(world)
  return findKey(world, serial)
}

/** While one certificate follows another, both sign. */
async function certificateByTurns(world: World): Promise<SigningKey> {
  const living = await livingCertificates(world)
  const certificate = living[world.signing.turns++ % living.length] ?? living[0]
  return { serial: certificate.serial, privateKey: privateKeyOf(world, certificate) }
}
