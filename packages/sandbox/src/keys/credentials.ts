import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { beijingDigits } from '../beijing-time.ts'
import { randomAlphanumeric, randomDigits } from '../numbers.ts'
import { createSelfSignedCertificate } from './self-signed-certificate.ts'

/** What a merchant has, and `platformPrivateKey`, which WeChat alone has. */
export interface Credentials {
  appid: string
  appSecret: string
  mchid: string
  mchCertSerial: string
  mchPrivateKey: string
  apiV3Key: string
  publicKeyId: string
  publicKey: string
  platformPrivateKey: string
  templates: { orderPaid: string; checkIn: string; refunded: string }
}

export interface SandboxKeys {
  merchantPublicKey: KeyObject
  platformPrivateKey: KeyObject
}

/** Five years, as those of WeChat Pay. */
const MERCHANT_CERTIFICATE_LIFE_MS = 5 * 365 * 86_400_000

const generateKeyPairAsync = promisify(generateKeyPair)

export async function generateRsaPems(): Promise<{ publicKey: string; privateKey: string }> {
  return generateKeyPairAsync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
}

/** A new merchant with a mini-program; numbers and keys look like real ones. `now` in milliseconds since 1970. */
export async function createCredentials(now: number): Promise<Credentials> {
  const [merchant, platform] = await Promise.all([generateRsaPems(), generateRsaPems()])
  const mchid = `17${randomDigits(8)}`
  return {
    appid: `wx${randomBytes(8).toString('hex')}`,
    appSecret: randomBytes(16).toString('hex'),
    mchid,
    mchCertSerial: `5${randomBytes(20).toString('hex').toUpperCase().slice(1)}`,
    mchPrivateKey: merchant.privateKey,
    apiV3Key: randomAlphanumeric(32),
    publicKeyId: newPublicKeyId(mchid, now),
    publicKey: platform.publicKey,
    platformPrivateKey: platform.privateKey,
    templates: { orderPaid: newTemplateId(), checkIn: newTemplateId(), refunded: newTemplateId() },
  }
}

/** `PUB_KEY_ID_01`, the merchant's number, the day, and a number. */
export function newPublicKeyId(mchid: string, now: number): string {
  return `PUB_KEY_ID_01${mchid}${beijingDigits(now).day}00${randomDigits(12)}`
}

function newTemplateId(): string {
  return randomBytes(33).toString('base64url').slice(0, 43)
}

/** The keys of the credentials, parsed once: parsing a key takes longer than signing with it. */
export function loadKeys(credentials: Credentials): SandboxKeys {
  return {
    merchantPublicKey: createPublicKey(credentials.mchPrivateKey),
    platformPrivateKey: createPrivateKey(credentials.platformPrivateKey),
  }
}

/**
 * The merchant's API certificate, `apiclient_cert.pem`: some SDKs read its serial number. Its own key signs it, and not the
 * authority of WeChat Pay; no SDK looks.
 */
export function merchantCertificateOf({ mchid, mchCertSerial, mchPrivateKey }: Credentials, now: number): string {
  const privateKey = createPrivateKey(mchPrivateKey)
  return createSelfSignedCertificate({
    publicKey: createPublicKey(privateKey),
    privateKey,
    serial: mchCertSerial,
    organization: 'WeChat sandbox',
    commonName: mchid,
    startsAt: now - MERCHANT_CERTIFICATE_LIFE_MS / 2,
    endsAt: now + MERCHANT_CERTIFICATE_LIFE_MS / 2,
  })
}

/** All `WECHAT_*` settings of this merchant, with the sandbox at `url` as its WeChat. */
export function environmentOf(
  credentials: Credentials,
  { url, notifyUrl, withPublicKey }: { url: string; notifyUrl: string | undefined; withPublicKey: boolean },
): Record<string, string> {
  return {
    WECHAT_APP_ID: credentials.appid,
    WECHAT_APP_SECRET: credentials.appSecret,
    WECHAT_PAY_MCH_ID: credentials.mchid,
    WECHAT_PAY_MCH_CERT_SERIAL: credentials.mchCertSerial,
    WECHAT_PAY_MCH_PRIVATE_KEY: credentials.mchPrivateKey,
    WECHAT_PAY_API_V3_KEY: credentials.apiV3Key,
    ...(notifyUrl === undefined ? {} : { WECHAT_PAY_NOTIFY_URL: notifyUrl }),
    ...(withPublicKey
      ? { WECHAT_PAY_PUBLIC_KEY_ID: credentials.publicKeyId, WECHAT_PAY_PUBLIC_KEY: credentials.publicKey }
      : {}),
    WECHAT_API_URL: url,
    WECHAT_PAY_API_URL: url,
    WECHAT_TEMPLATE_ORDER_PAID: credentials.templates.orderPaid,
    WECHAT_TEMPLATE_CHECK_IN: credentials.templates.checkIn,
    WECHAT_TEMPLATE_REFUNDED: credentials.templates.refunded,
  }
}
