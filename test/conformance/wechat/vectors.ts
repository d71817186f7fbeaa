import { readFileSync } from 'node:fs'
import { createTrustStore, type TrustStore } from '../../../src/wechat/trust-store.ts'

export type Vector = { id: string; kind: string } & Record<string, unknown>

interface VectorFile {
  merchant: { mchid: string; appid: string; serialNo: string; privateKeyPem: string; apiV3Key: string }
  trustStore: { id: string; kind: string; certificatePem?: string; publicKeyPem?: string }[]
  tables: {
    replyToNotification: { case: string; http: string; body: string; note?: string }[]
    notificationRetrySeconds: number[]
    payErrorPolicy: { code: string; policy: string; http: number[] }[]
    miniProgramErrorPolicy: { errcode: number; policy: string }[]
    templateValueLimits: Record<string, string>
  }
  vectors: Vector[]
}

export const vectorFile = JSON.parse(readFileSync(new URL('../vectors.json', import.meta.url), 'utf8')) as VectorFile

/** All of the keys in the file: both platform certificates and the WeChat Pay public key. */
export function vectorTrustStore(): TrustStore {
  const store = createTrustStore()
  for (const { id, certificatePem, publicKeyPem } of vectorFile.trustStore) {
    if (certificatePem) store.addCertificate(certificatePem)
    if (publicKeyPem) store.addPublicKey({ id, pem: publicKeyPem })
  }
  return store
}
