import { createPublicKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Aes, Formatter, Rsa, Wechatpay } from 'wechatpay-axios-plugin'
import { openCertificates } from '../../../src/wechat/certificates.ts'
import { decryptAead } from '../../../src/wechat/cipher.ts'
import { readNotice } from '../../../src/wechat/notice.ts'
import { prepay, signPayParams } from '../../../src/wechat/pay.ts'
import { encryptForWechat, openFromWechat } from '../../../src/wechat/security-echo.ts'
import {
  createNonce,
  payMessage,
  requestMessage,
  responseMessage,
  signMessage,
  verifyMessage,
} from '../../../src/wechat/signature.ts'
import { encryptAead } from '../../harness/aead.ts'
import { parseTradeBill } from '../../harness/bills.ts'
import { merchantOf, startSandbox } from '../../integration/sandbox/merchant.ts'
import {
  apiV3Key,
  givenWechatPay,
  merchantConfig,
  merchantPublicKey,
  pem,
  startServer,
  wechatSigner,
} from '../../unit/wechat/fake-wechat.ts'
import { vectorFile } from './vectors.ts'

interface ListedCertificate {
  serial_no: string
  encrypt_certificate: { nonce: string; associated_data: string; ciphertext: string }
}

function openAsPeer({ encrypt_certificate: { ciphertext, nonce, associated_data } }: ListedCertificate, key: string) {
  return Aes.AesGcm.decrypt(ciphertext, key, nonce, associated_data)
}

const wechatPublicKeyPem = merchantConfig.publicKey?.pem ?? ''
const merchantPublicKeyPem = pem(merchantPublicKey, 'spki')
const wechatPrivateKeyPem = pem(wechatSigner.privateKey, 'pkcs8')
const body = '{"out_trade_no":"PX000001","description":"民宿 😀"}'

describe('the peer SDK', () => {
  test('builds the same messages to sign as the peer SDK', () => {
    const request = {
      method: 'POST',
      pathAndQuery: '/v3/a?b=%7C',
      timestamp: 1_780_300_800,
      nonce: createNonce(),
      body,
    }
    expect(requestMessage(request)).toBe(
      Formatter.request(request.method, request.pathAndQuery, request.timestamp, request.nonce, body),
    )
    expect(responseMessage({ timestamp: '1780300800', nonce: 'n', body }).toString()).toBe(
      Formatter.response(1_780_300_800, 'n', body),
    )
  })

  test('has the peer SDK verify the requests of our client', async () => {
    const { wechat, received } = await givenWechatPay(() => ({ body: '{"prepay_id":"wx1"}' }))
    await prepay(wechat, body)
    const [sent] = received
    const field = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(sent?.headers.authorization ?? '')?.[1] ?? ''
    const message = Formatter.request(
      'POST',
      sent?.path ?? '',
      Number(field('timestamp')),
      field('nonce_str'),
      sent?.body,
    )
    expect(Rsa.verify(message, field('signature'), merchantPublicKeyPem)).toBe(true)
    expect(Rsa.verify(`${message} `, field('signature'), merchantPublicKeyPem)).toBe(false)
  })

  test('has the peer SDK verify our parameters of wx.requestPayment', async () => {
    const { wechat } = await givenWechatPay(() => ({}))
    const params = await signPayParams(wechat, { appid: merchantConfig.appid, prepayId: 'wx1' })
    const message = Formatter.joinedByLineFeed(params.appId, params.timeStamp, params.nonceStr, params.package)
    expect(Rsa.verify(message, params.paySign, merchantPublicKeyPem)).toBe(true)
    expect(payMessage(params)).toBe(message)
  })

  test('serves the peer SDK as a client: each side verifies the signature of the other', async () => {
    const { url, received } = await startServer(() => ({ body: '{"prepay_id":"wx1"}' }))
    const client = new Wechatpay({
      mchid: merchantConfig.mchid,
      serial: merchantConfig.mchCertSerial,
      privateKey: merchantConfig.mchPrivateKey,
      certs: { [wechatSigner.serial]: wechatPublicKeyPem },
      baseURL: `${url}/`,
    })
    const answer: unknown = await client.chain('v3/pay/transactions/jsapi').post(JSON.parse(body))
    expect(answer).toMatchObject({ status: 200, data: { prepay_id: 'wx1' } })

    const [sent] = received
    const field = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(sent?.headers.authorization ?? '')?.[1] ?? ''
    const message = requestMessage({
      method: 'POST',
      pathAndQuery: '/v3/pay/transactions/jsapi',
      timestamp: field('timestamp'),
      nonce: field('nonce_str'),
      body: sent?.body ?? '',
    })
    expect(verifyMessage(merchantPublicKey, message, field('signature'))).toBe(true)
  })

  test('reads a notice that the peer SDK has signed and encrypted', async () => {
    const { wechat } = await givenWechatPay(() => ({}))
    const content = { stock_id: '民宿' }
    const nonce = Formatter.nonce(12)
    const ciphertext = Aes.AesGcm.encrypt(JSON.stringify(content), apiV3Key, nonce, 'coupon')
    const resource = { algorithm: 'AEAD_AES_256_GCM', ciphertext, nonce, associated_data: 'coupon' }
    const notice = JSON.stringify({ id: 'EV-1', event_type: 'COUPON.USE', resource })
    const timestamp = Formatter.timestamp()
    const headers = {
      'wechatpay-serial': wechatSigner.serial,
      'wechatpay-timestamp': String(timestamp),
      'wechatpay-nonce': 'n',
      'wechatpay-signature': Rsa.sign(Formatter.response(timestamp, 'n', notice), wechatPrivateKeyPem),
    }
    expect(readNotice(wechat, headers, Buffer.from(notice))).toMatchObject({ kind: 'other', content })
  })

  test('has the peer SDK verify and decrypt a notice of the sandbox', async () => {
    const plaintext = JSON.stringify({ 名: '民宿 😀' })
    const ciphertext = encryptAead(apiV3Key, { plaintext, nonce: 'twelve bytes', associatedData: 'transaction' })
    expect(Aes.AesGcm.decrypt(ciphertext, apiV3Key, 'twelve bytes', 'transaction')).toBe(plaintext)
    const theirs = Aes.AesGcm.encrypt(plaintext, apiV3Key, 'twelve bytes', '')
    expect(decryptAead([apiV3Key], { ciphertext: theirs, nonce: 'twelve bytes' })).toBe(plaintext)
    const message = Formatter.response(1, 'n', body)
    expect(Rsa.verify(message, await signMessage(wechatSigner.privateKey, message), wechatPublicKeyPem)).toBe(true)
    expect(verifyMessage(createPublicKey(wechatPublicKeyPem), message, Rsa.sign(message, wechatPrivateKeyPem))).toBe(
      true,
    )
  })

  test('has the peer SDK decrypt a sensitive field that we encrypt', async () => {
    const { wechat } = await givenWechatPay(() => ({}))
    expect(Rsa.decrypt(encryptForWechat(wechat, '张三') ?? '', wechatPrivateKeyPem)).toBe('张三')
  })

  test('decrypts a sensitive field that the peer SDK has encrypted', async () => {
    const { wechat } = await givenWechatPay(() => ({}))
    expect(openFromWechat(wechat, Rsa.encrypt('张三 😀', merchantPublicKeyPem))).toBe('张三 😀')
    expect(openFromWechat(wechat, Rsa.encrypt('张三', wechatPublicKeyPem))).toBeNull()
  })

  test('has the peer SDK decrypt the platform certificates of the sandbox', async () => {
    const sandbox = await startSandbox({ signedBy: 'certificates' })
    const { json } = await merchantOf(sandbox).call('GET', '/v3/certificates', undefined, { requestedSerial: null })
    const pems = openCertificates([sandbox.credentials.apiV3Key], json)
    expect(pems).toHaveLength(1)
    expect(
      (json.data as ListedCertificate[]).map((listed) => openAsPeer(listed, sandbox.credentials.apiV3Key)),
    ).toEqual(pems)
  })

  test('decrypts the platform certificates of the vectors as the peer SDK does, in both directions', () => {
    const vector = vectorFile.vectors.find(({ kind }) => kind === 'certificates')
    const key = String(vector?.key)
    const { data } = (vector?.response ?? { data: [] }) as { data: ListedCertificate[] }
    const pems = openCertificates([key], { data })
    expect(pems).toHaveLength(2)
    expect(data.map((listed) => openAsPeer(listed, key))).toEqual(pems)

    const relisted = data.map(({ serial_no }, index) => {
      const nonce = Formatter.nonce(12)
      const ciphertext = Aes.AesGcm.encrypt(pems[index] ?? '', apiV3Key, nonce, 'certificate')
      const encrypted = { algorithm: 'AEAD_AES_256_GCM', nonce, associated_data: 'certificate', ciphertext }
      return { serial_no, encrypt_certificate: encrypted }
    })
    expect(openCertificates([apiV3Key], { data: relisted })).toEqual(pems)
  })

  test('parses the same cells of a bill as the peer SDK', () => {
    const vector = vectorFile.vectors.find(({ kind }) => kind === 'bill-gzip')
    const file = Buffer.from(String(vector?.rawBase64), 'base64')
    const theirs = Formatter.castCsvBill(file) as { rows: Record<string, string>[] }
    expect(parseTradeBill(file).rows.map(({ cells }) => Object.values(cells))).toEqual(theirs.rows.map(Object.values))
  })
})
