import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { downloadBill } from '../../../src/wechat/bill-download.ts'
import { openCertificates } from '../../../src/wechat/certificates.ts'
import { decryptAead } from '../../../src/wechat/cipher.ts'
import { isRawDataGenuine, openEncryptedData } from '../../../src/wechat/encrypted-data.ts'
import {
  BillError,
  CipherError,
  EncryptedDataError,
  InvalidNoticeError,
  UndecipherableNoticeError,
  WechatKeyError,
} from '../../../src/wechat/errors.ts'
import { readNotice } from '../../../src/wechat/notice.ts'
import {
  authorizationHeader,
  payMessage,
  requestMessage,
  signMessage,
  verifyMessage,
} from '../../../src/wechat/signature.ts'
import { findSignatureFault } from '../../../src/wechat/signed-message.ts'
import { certificateSerial } from '../../../src/wechat/trust-store.ts'
import { encryptAead } from '../../harness/aead.ts'
import { parseTradeBill, textOf } from '../../harness/bills.ts'
import { givenWechatPay } from '../../unit/wechat/fake-wechat.ts'
import { type Vector, vectorFile, vectorTrustStore } from './vectors.ts'

type Runner = (vector: Vector) => void | Promise<void>

const runners: Record<string, Runner> = {
  aead: (vector) => {
    const { key, nonce, associatedData, plaintext, ciphertext } = texts(vector)
    expect(decryptAead([key], { ciphertext, nonce, associated_data: associatedData })).toBe(plaintext)
    if (vector.encryptToo) expect(encryptAead(key, { plaintext, nonce, associatedData })).toBe(ciphertext)
  },
  'aead-reject': (vector) => {
    const { key, nonce, associatedData, ciphertext } = texts(vector)
    expect(() => decryptAead([key], { ciphertext, nonce, associated_data: associatedData })).toThrow(CipherError)
  },
  'bill-gzip': async (vector) => {
    const body = Buffer.from(texts(vector).gzipBase64, 'base64')
    const { hashValue, hashOfCompressed } = texts(vector)
    expect(createHash('sha1').update(body).digest('hex')).toBe(hashOfCompressed)
    const { wechat } = await givenWechatPay(() => ({ body, signedBy: 'nobody' }))
    const downloadUrl = new URL('/v3/billdownload/file', wechat.apiUrl).href
    await expect(downloadBill(wechat, { downloadUrl, hashValue: hashOfCompressed })).rejects.toThrow(BillError)
    const file = await downloadBill(wechat, { downloadUrl, hashValue })
    const bill = parseTradeBill(await textOf(file))
    expect(bill.rows).toHaveLength(Number(vector.rows))
    expect(Object.keys(bill.rows[0]?.cells ?? {})).toHaveLength(Number(vector.columns))
    for (const [place, text] of Object.entries(vector.expectCells as Record<string, string>)) {
      const [, row = '', column = ''] = /^row(\d+)\.(.*)$/.exec(place) ?? []
      expect({ [place]: bill.rows[Number(row)]?.cells[column] }).toEqual({ [place]: text })
    }
    expect(bill.summary).toMatchObject(vector.summary as Record<string, string>)
    expect(bill.rows[0]?.orderTotalFen).toBe(12_345)
  },
  'cert-serial': (vector) => {
    expect(certificateSerial(new X509Certificate(texts(vector).certificatePem))).toBe(vector.serial)
  },
  certificates: (vector) => {
    const pems = openCertificates([texts(vector).key], vector.response)
    expect(pems.map((pem) => certificateSerial(new X509Certificate(pem)))).toEqual(vector.serials)
    expect(pems).toEqual(Object.values(vector.certificatePems as Record<string, string>))
  },
  'certificates-reject': (vector) => {
    expect(() => openCertificates([texts(vector).key], vector.response)).toThrow(WechatKeyError)
  },
  'key-matches-cert': (vector) => {
    const { certificatePem, privateKeyPem } = texts(vector)
    expect(new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem))).toBe(true)
  },
  'spki-of-private': (vector) => {
    const { privateKeyPem, publicKeyPem } = texts(vector)
    const spki = createPublicKey(privateKeyPem).export({ type: 'spki', format: 'pem' })
    expect(spki.toString().trim()).toBe(publicKeyPem.trim())
  },
  'mp-decrypt-full': (vector) => {
    const { appId, sessionKey, iv, encryptedData, plaintext } = texts(vector)
    const { watermark } = JSON.parse(plaintext) as { watermark: { appid: string; timestamp: number } }
    const now = new Date(watermark.timestamp * 1000)
    const open = (appid: string) => openEncryptedData({ appid, sessionKey, iv, encryptedData, now, maxAgeSeconds: 300 })
    expect(open(watermark.appid)).toEqual(JSON.parse(plaintext))
    if (vector.expect === 'reject-watermark') expect(() => open(appId)).toThrow(EncryptedDataError)
    else expect(watermark.appid).toBe(appId)
  },
  'mp-decrypt-reject': (vector) => {
    const { appId, sessionKey, iv, encryptedData } = texts(vector)
    // Accepted at any age here, since the vector is about another fault.
    const anyAge = { now: new Date(), maxAgeSeconds: Number.POSITIVE_INFINITY }
    const input = { appid: appId, sessionKey, iv, encryptedData, ...anyAge }
    expect(() => openEncryptedData(input)).toThrow(EncryptedDataError)
  },
  'mp-signature': (vector) => {
    const { rawData, sessionKey, signature } = texts(vector)
    expect(isRawDataGenuine({ rawData, sessionKey, signature })).toBe(true)
    expect(isRawDataGenuine({ rawData: `${rawData} `, sessionKey, signature })).toBe(false)
  },
  'notify-full': (vector) => {
    const read = () => {
      const { apiV3Key } = texts(vector)
      const wechat = { trustStore: vectorTrustStore(), apiV3Keys: [apiV3Key], now: () => at(vector.now) }
      return readNotice(wechat, headersOf(vector), Buffer.from(texts(vector).rawBody))
    }
    if (vector.expect === 'reject-signature') expect(read).toThrow(InvalidNoticeError)
    else if (vector.expect === 'reject-decrypt') expect(read).toThrow(UndecipherableNoticeError)
    else expect(contentOf(read())).toEqual(JSON.parse(texts(vector).plaintext))
  },
  'pay-sign': async (vector) => {
    const { privateKeyPem, appId, timeStamp, nonceStr, package: prepay, paySign, message } = texts(vector)
    expect(payMessage({ appId, timeStamp, nonceStr, package: prepay })).toBe(message)
    expect(await signMessage(createPrivateKey(privateKeyPem), message)).toBe(paySign)
  },
  'request-sign': async (vector) => {
    const { method, canonicalUrl, nonce, body, privateKeyPem, mchid, serialNo, ...expected } = texts(vector)
    const timestamp = Number(vector.timestamp)
    const message = requestMessage({ method, pathAndQuery: canonicalUrl, timestamp, nonce, body })
    expect(message).toBe(expected.message)
    const signature = await signMessage(createPrivateKey(privateKeyPem), message)
    expect(signature).toBe(expected.signature)
    expect(verifyMessage(createPublicKey(privateKeyPem), message, signature)).toBe(true)
    const header = authorizationHeader({ mchid, serial: serialNo, nonce, timestamp, signature })
    expect(fieldsOf(header)).toEqual(fieldsOf(expected.authorization))
  },
  'response-verify-full': (vector) => {
    const message = { headers: headersOf(vector), body: Buffer.from(texts(vector).rawBody), now: at(vector.now) }
    const fault = findSignatureFault(vectorTrustStore(), message)
    if (vector.expect === 'accept') expect(fault).toBeNull()
    else expect(fault).toEqual(expect.any(String))
  },
}

describe('a known-answer vector', () => {
  test.each(vectorFile.vectors.map((vector) => [vector.id, vector] as const))(
    'matches the known answer of vector %s',
    async (_id, vector) => {
      expect(Object.keys(runners)).toContain(vector.kind)
      await runners[vector.kind]?.(vector)
    },
  )

  test('has a runner for every kind of vector, and a vector for every runner', () => {
    const kinds = new Set(vectorFile.vectors.map((vector) => vector.kind))
    expect([...kinds].sort()).toEqual(Object.keys(runners).sort())
  })
})

type TextField =
  | 'key'
  | 'apiV3Key'
  | 'nonce'
  | 'associatedData'
  | 'plaintext'
  | 'ciphertext'
  | 'gzipBase64'
  | 'hashValue'
  | 'hashOfCompressed'
  | 'certificatePem'
  | 'privateKeyPem'
  | 'publicKeyPem'
  | 'appId'
  | 'sessionKey'
  | 'iv'
  | 'encryptedData'
  | 'rawData'
  | 'rawBody'
  | 'signature'
  | 'timeStamp'
  | 'nonceStr'
  | 'package'
  | 'paySign'
  | 'message'
  | 'method'
  | 'canonicalUrl'
  | 'body'
  | 'mchid'
  | 'serialNo'
  | 'authorization'

/** The texts of a vector; one that is absent fails the test that uses it. */
function texts(vector: Vector): Record<TextField, string> {
  return vector as unknown as Record<TextField, string>
}

function headersOf(vector: Vector): Record<string, string> {
  return vector.headers as Record<string, string>
}

function at(unixSeconds: unknown): Date {
  return new Date(Number(unixSeconds) * 1000)
}

function contentOf(notice: ReturnType<typeof readNotice>): unknown {
  if (notice.kind === 'transaction') return notice.transaction.raw
  return notice.kind === 'refund' ? notice.refund.raw : notice.content
}

function fieldsOf(authorization: string): string[] {
  const [scheme = '', rest = ''] = authorization.split(/ (.*)/s)
  return [scheme, ...rest.split(',')].sort()
}
