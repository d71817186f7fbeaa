import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { decryptAead } from './cipher.ts'
import { WechatKeyError, WechatPayError } from './errors.ts'
import type { WechatPay } from './merchant.ts'
import { readSigned } from './signed-json.ts'
import { callPay } from './transport.ts'
import { certificateSerial, createTrustStore, normaliseSerial } from './trust-store.ts'

/**
 * WeChat Pay asks for a refresh at least every 12 hours; a new certificate is listed 10 days before the old one ends.
 * Source: https://pay.weixin.qq.com/doc/v3/merchant/4012154180
 */
const REFRESH_EVERY_MS = 6 * 3_600_000

/** Unknown serials cannot make us call WeChat more often than this. */
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
 * The platform certificates in the body of an answer, as PEM. That they open under the APIv3 key is the proof that
 * they are WeChat Pay's.
 *
 * @throws {CipherError} when one does not open.
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
 * Downloads the platform certificates and trusts them; those that ended more than a day ago are forgotten. A merchant
 * without certificates has none to download, which is no failure.
 *
 * @throws {WechatPayError} when WeChat Pay did not sign the answer, with a key that we knew or that came with it.
 */
export async function downloadCertificates(wechat: WechatPay): Promise<'updated' | 'absent'> {
  const asked = { method: 'GET' as const, path: '/v3/certificates' }
  try {
    const answer = await callPay(wechat, { ...asked, trustFor: (body) => trustWith(wechat, body) })
    const pems = readSigned(asked, answer, (body) => openCertificates(wechat.apiV3Keys, body))
    for (const pem of pems) wechat.trustStore.addCertificate(pem)
    return 'updated'
  } catch (error) {
    if (error instanceof WechatPayError && error.httpStatus === 404 && error.policy === 'not-found') return 'absent'
    throw error
  } finally {
    wechat.trustStore.forgetEnded(wechat.now())
  }
}

function trustWith(wechat: WechatPay, body: Buffer): { find: WechatPay['trustStore']['find'] } {
  const brought = createTrustStore()
  for (const pem of openCertificates(wechat.apiV3Keys, JSON.parse(body.toString()))) brought.addCertificate(pem)
  return { find: (serial, now) => wechat.trustStore.find(serial, now) ?? brought.find(serial, now) }
}

export interface CertificateRefresher {
  start(): void
  /** One download at a time and one a minute, whoever asks. Never throws: what failed is logged. */
  refresh(): Promise<void>
  stop(): Promise<void>
}

/** Downloads in the background; nothing else ever waits for it. */
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
    if (!wechat.http.closing.aborted) {
      wechat.log?.warn({ err: error }, 'Platform certificates of WeChat Pay could not be downloaded')
    }
    return false
  }
}
