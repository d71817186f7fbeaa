import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { Logger } from 'pino'
import { WechatKeyError } from './errors.ts'
import type { Hosts } from './hosts.ts'
import type { HttpClient } from './http.ts'
import type { SignedParams } from './pay-params.ts'
import { isStrongRsa, MINIMUM_KEY_BITS } from './rsa-key.ts'
import type { TrustStore } from './trust-store.ts'
import type { WechatWatch } from './watch.ts'

export interface WechatPayConfig {
  mchid: string
  appid: string
  /** Serial of the merchant API certificate, not of a platform certificate. */
  mchCertSerial: string
  /** PEM of the merchant API private key. */
  mchPrivateKey: string
  /** 32 bytes. */
  apiV3Key: string
  /** Also tried for decryption while the key is being changed. */
  apiV3KeyPrevious?: string
  /** WeChat Pay's public key; without it, platform certificates are downloaded and used alone. */
  publicKey?: { id: string; pem: string }
  notifyUrl: string
  /** Scheme, host and port alone, as `https://api.mch.weixin.qq.com`. */
  apiUrl: string
}

export interface PayTiming {
  /** How long connecting may take. */
  connectMs: number
  /** How long one call may take, repeats included. */
  totalMs: number
  /**
   * How long an answer on a kept connection may take to begin. A router may have forgotten the connection: the call is
   * then repeated on a new one, in the time that is left.
   */
  keptAnswerMs: number
  /** The wait before the first repeat; doubled for the second. */
  repeatMs: number
  /** The same after "too many requests". */
  slowRepeatMs: number
  /** The wait after a failed download of platform certificates. Without any, notices may be refused meanwhile. */
  certificatesRetryMs: number
}

/** One merchant's connection to WeChat Pay: keys, trust and transport. Merchants share nothing. */
export interface WechatPay {
  readonly mchid: string
  readonly notifyUrl: string
  readonly apiUrl: URL
  readonly hosts: Hosts
  readonly mchCertSerial: string
  readonly privateKey: KeyObject
  /** The present key first. */
  readonly apiV3Keys: readonly string[]
  readonly trustStore: TrustStore
  readonly http: HttpClient
  readonly signedParams: SignedParams
  readonly timing: PayTiming
  readonly now: () => Date
  readonly log?: Logger
  readonly watch: WechatWatch
  /** Downloads platform certificates unless that was tried in the last minute. Never throws: a failure is logged. */
  refreshCertificates(): Promise<void>
  /** Ends calls and timers; calls in flight fail with an unknown outcome. */
  close(): Promise<void>
}

/** @throws {WechatKeyError} when `pem` is not an RSA private key of at least 2048 bits. */
export function readMerchantKey(pem: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (error) {
    throw new WechatKeyError('The merchant private key must be the apiclient_key.pem of the merchant platform', {
      cause: error,
    })
  }
  if (!isStrongRsa(key)) {
    throw new WechatKeyError(`The merchant private key must be RSA with at least ${MINIMUM_KEY_BITS} bits`)
  }
  return key
}

/** @throws {WechatKeyError} when a key is not 32 bytes long. */
export function readApiV3Keys(present: string, previous: string | undefined): string[] {
  const keys = previous ? [present, previous] : [present]
  if (keys.some((key) => Buffer.byteLength(key) !== 32)) {
    throw new WechatKeyError('An APIv3 key must be exactly 32 bytes long, as set on the merchant platform')
  }
  return keys
}

/** @throws {WechatKeyError} when `apiUrl` carries more than scheme, host and port. */
export function readApiUrl(apiUrl: string): URL {
  const url = URL.parse(apiUrl)
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.hash || url.username) {
    throw new WechatKeyError('The WeChat API URL must be scheme, host and port alone, as https://api.mch.weixin.qq.com')
  }
  return url
}
