import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { decryptAead } from './cipher.ts'
import { CipherError, WechatKeyError, WechatPayError } from './errors.ts'
import type { WechatPay } from './merchant.ts'
import { readSigned } from './signed-json.ts'
import { callPay } from './transport.ts'
import { certificateSerial, createTrustStore, normaliseSerial } from './trust-store.ts'

/**
 * WeChat Pay requires a refresh at least every 12 hours; a new certificate is listed 10 days before the old one
 * expires. Source: https://pay.weixin.qq.com/doc/v3/merchant/4012154180
 */
const REFRESH_EVERY_MS = 6 * 3_600_000

/** Messages with unknown serials can't make us download more often than this. */
const REFRESH_AT_MOST_EVERY_MS = 60_000

const CertificatesAnswer = z.object({
  data: z.array(
    z.object({
      serial_no: z.string(),
      encrypt_certificate: z.object({
        algorithm: z.literal('AEAD_AES_256_GCM'),
        nonce: z.string(),
        associated_data: z.string().nullish(),
        ciphertext: z.string(),
      }),
    }),
  ),
})

/**
 * Decrypts the platform certificates in the body of an answer, to PEM. That the APIv3 key decrypts them proves that
 * they are WeChat Pay's.
 *
 * @throws {CipherError} when it doesn't decrypt one.
 * @throws {WechatKeyError} when one is not the certificate that its `serial_no` names.
 */
export function openCertificates(apiV3Keys: readonly string[], body: unknown): string[] {
  return CertificatesAnswer.parse(body).data.map(({ serial_no, encrypt_certificate }) => {
    const pem = decryptAead(apiV3Keys, encrypt_certificate)
    const own = certificateSerial(new X509Certificate(pem))
    if (normaliseSerial(own) !== normaliseSerial(serial_no)) {
      throw new WechatKeyError(`WeChat Pay announced certificate ${serial_no} but sent ${own}: nothing was trusted`)
    }
    return pem
  })
}

/**
 * Downloads the platform certificates and trusts them; those that expired more than a day ago are removed. `absent` is
 * no failure: a merchant with a public key has none.
 *
 * @throws {WechatPayError} unless WeChat Pay signed the answer, by a key that is trusted or one that came with the
 *   answer.
 */
export async function downloadCertificates(wechat: WechatPay): Promise<'updated' | 'absent'> {
  const request = { method: 'GET' as const, path: '/v3/certificates' }
  try {
    const answer = await callPay(wechat, { ...request, trustFor: (body) => trustWith(wechat, body) })
    const pems = readSigned(request, answer, (body) => openCertificates(wechat.apiV3Keys, body))
    for (const pem of pems) wechat.trustStore.addCertificate(pem)
    return 'updated'
  } catch (error) {
    if (error instanceof WechatPayError && error.httpStatus === 404 && error.policy === 'not-found') return 'absent'
    throw error
  } finally {
    wechat.trustStore.removeExpired(wechat.now())
  }
}

function trustWith(wechat: WechatPay, body: Buffer): { find: WechatPay['trustStore']['find'] } {
  const downloaded = createTrustStore()
  for (const pem of openCertificates(wechat.apiV3Keys, JSON.parse(body.toString()))) downloaded.addCertificate(pem)
  return { find: (serial, now) => wechat.trustStore.find(serial, now) ?? downloaded.find(serial, now) }
}

export interface CertificateRefresher {
  start(): void
  /** Downloads, one at a time and once a minute at most, for all callers. Never throws: a failure is logged. */
  refresh(): Promise<void>
  stop(): Promise<void>
}

/** Downloads platform certificates in the background. */
export function createCertificateRefresher(wechat: WechatPay): CertificateRefresher {
  let running: Promise<void> | undefined
  let startedAtMs = Number.NEGATIVE_INFINITY
  let hasFailed = false
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  const refresh = () => {
    const nowMs = wechat.now().getTime()
    if (!running && Math.abs(nowMs - startedAtMs) >= REFRESH_AT_MOST_EVERY_MS) {
      startedAtMs = nowMs
      running = downloadAndLog(wechat).then((isDone) => {
        hasFailed = !isDone
        running = undefined
      })
    }
    return running ?? Promise.resolve()
  }
  const keepFresh = async () => {
    await refresh()
    if (isStopped) return
    timer = setTimeout(() => void keepFresh(), hasFailed ? wechat.timing.certificatesRetryMs : REFRESH_EVERY_MS).unref()
  }
  return {
    refresh,
    start: () => void keepFresh(),
    stop: async () => {
      isStopped = true
      clearTimeout(timer)
      await running
    },
  }
}

async function downloadAndLog(wechat: WechatPay): Promise<boolean> {
  try {
    await downloadCertificates(wechat)
    return true
  } catch (error) {
    if (error instanceof CipherError) {
      wechat.watch.refused({ endpoint: 'GET /v3/certificates', code: 'apiv3-key', error })
    }
    if (!wechat.http.closing.aborted) {
      wechat.log?.warn({ err: error }, 'certificate download failed, trying again')
    }
    return false
  }
}
