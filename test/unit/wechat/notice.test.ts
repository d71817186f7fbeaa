import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { InvalidNoticeError, MalformedNoticeError, UndecipherableNoticeError } from '../../../src/wechat/errors.ts'
import { readNotice } from '../../../src/wechat/notice.ts'
import { createTrustStore } from '../../../src/wechat/trust-store.ts'
import { encryptAead } from '../../harness/aead.ts'
import { apiV3Key, merchantConfig, signedBy, wechatSigner } from './fake-wechat.ts'

const previousKey = 'TheKeyBeforeWasAlso32BytesLong!!'
const now = new Date('2026-06-01T08:00:00Z')
const trustStore = createTrustStore()
trustStore.addPublicKey(merchantConfig.publicKey ?? { id: '', pem: '' })
const wechat = { trustStore, apiV3Keys: [apiV3Key], now: () => now }

const paid = {
  appid: merchantConfig.appid,
  mchid: merchantConfig.mchid,
  out_trade_no: 'PX000001',
  transaction_id: '4200000001',
  trade_type: 'JSAPI',
  trade_state: 'SUCCESS',
  trade_state_desc: '支付成功',
  bank_type: 'OTHERS',
  attach: '',
  success_time: '2026-06-01T15:59:58+08:00',
  payer: { openid: 'o_guest' },
  amount: { total: 12_345, payer_total: 12_000, currency: 'CNY', payer_currency: 'CNY' },
}
const refunded = {
  mchid: merchantConfig.mchid,
  out_trade_no: 'PX000001',
  transaction_id: '4200000001',
  refund_id: '5030000001',
  out_refund_no: 'RF000001',
  refund_status: 'SUCCESS',
  success_time: '2026-06-01T15:59:58+08:00',
  user_received_account: '支付用户零钱',
  amount: { total: 12_345, refund: 345, payer_total: 12_000, payer_refund: 335 },
}

describe('a notice of WeChat Pay', () => {
  test('parses a notice of a payment, with amounts in fen and instants as dates', () => {
    const notice = read(envelope('TRANSACTION.SUCCESS', paid))
    expect(notice).toEqual({
      kind: 'transaction',
      noticeId: 'EV-1',
      eventType: 'TRANSACTION.SUCCESS',
      transaction: {
        appid: paid.appid,
        mchid: paid.mchid,
        outTradeNo: 'PX000001',
        transactionId: '4200000001',
        tradeType: 'JSAPI',
        tradeState: 'SUCCESS',
        tradeStateDesc: '支付成功',
        bankType: 'OTHERS',
        attach: undefined,
        successTime: new Date('2026-06-01T07:59:58Z'),
        openid: 'o_guest',
        totalFen: 12_345,
        payerTotalFen: 12_000,
        currency: 'CNY',
        raw: paid,
      },
    })
  })

  test.each([[null], [''], [undefined]])('takes a text that is %j for one that is absent', (text) => {
    const texts = { transaction_id: text, trade_type: text, bank_type: text, attach: text, success_time: text }
    const content = {
      ...paid,
      ...texts,
      payer: { openid: text },
      amount: { total: 0, payer_total: null, currency: text },
    }
    expect(read(envelope('TRANSACTION.SUCCESS', content))).toMatchObject({
      transaction: {
        transactionId: undefined,
        tradeType: undefined,
        bankType: undefined,
        attach: undefined,
        successTime: undefined,
        openid: undefined,
        totalFen: 0,
        payerTotalFen: undefined,
        currency: undefined,
      },
    })
  })

  test.each([
    { success_time: '2026-06-01 15:59:58' },
    { attach: 1 },
    { payer: { openid: 1 } },
    { amount: { total: -1 } },
    { amount: { total: 0.5 } },
  ])('refuses a payment with %j', (wrong) => {
    expect(() => read(envelope('TRANSACTION.SUCCESS', { ...paid, ...wrong }))).toThrow(UndecipherableNoticeError)
  })

  test.each(['SUCCESS', 'ABNORMAL', 'CLOSED'])('parses a notice of a refund that is %s', (status) => {
    const content = { ...refunded, refund_status: status, success_time: undefined }
    const notice = read(envelope(`REFUND.${status}`, content))
    expect(notice).toMatchObject({
      kind: 'refund',
      refund: {
        mchid: paid.mchid,
        status,
        outRefundNo: 'RF000001',
        refundFen: 345,
        totalFen: 12_345,
        payerRefundFen: 335,
      },
    })
  })

  test('returns the content of a notice of another kind, with its encrypted resource', () => {
    expect(read(envelope('COUPON.USE', { stock_id: '1' }))).toEqual({
      kind: 'other',
      noticeId: 'EV-1',
      eventType: 'COUPON.USE',
      content: { stock_id: '1' },
      resource: expect.objectContaining({ ciphertext: expect.any(String), nonce: expect.any(String) }),
    })
  })

  test('decrypts a notice with the previous APIv3 key while the key is being changed', () => {
    const body = envelope('TRANSACTION.SUCCESS', paid, { key: previousKey })
    expect(() => read(body)).toThrow(UndecipherableNoticeError)
    expect(read(body, { ...wechat, apiV3Keys: [apiV3Key, previousKey] }).kind).toBe('transaction')
  })

  test('accepts the header names of a notice in any case', () => {
    const body = envelope('TRANSACTION.SUCCESS', paid)
    const headers = signedBy(wechatSigner, body, now)
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    expect(readNotice(wechat, lower, Buffer.from(body)).kind).toBe('transaction')
  })
})

describe('a forged notice', () => {
  const body = envelope('TRANSACTION.SUCCESS', paid)
  const right = signedBy(wechatSigner, body, now)
  const impostor = { ...wechatSigner, privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey }
  const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)

  test.each<[string, string, Record<string, string | string[] | undefined>]>([
    ['has no signature', 'header-missing', { ...right, 'Wechatpay-Signature': undefined }],
    ['has no timestamp', 'header-missing', { ...right, 'Wechatpay-Timestamp': undefined }],
    ['has no nonce', 'header-missing', { ...right, 'Wechatpay-Nonce': undefined }],
    ['has no serial', 'header-missing', { ...right, 'Wechatpay-Serial': undefined }],
    ['has an empty signature', 'header-missing', { ...right, 'Wechatpay-Signature': '' }],
    ['has two signatures', 'header-missing', { ...right, 'Wechatpay-Signature': ['a', 'b'] }],
    [
      'has another signature type',
      'signature-type',
      { ...right, 'Wechatpay-Signature-Type': 'WECHATPAY2-SM2-WITH-SM3' },
    ],
    ['has no time in its timestamp', 'timestamp', { ...right, 'Wechatpay-Timestamp': '1e9' }],
    ['is 301 seconds old', 'clock', signedBy(wechatSigner, body, later(-301))],
    ['is 301 seconds early', 'clock', signedBy(wechatSigner, body, later(301))],
    ['names a key that we do not know', 'unknown-serial', { ...right, 'Wechatpay-Serial': 'PUB_KEY_ID_99' }],
    ['is signed by another key', 'signature', signedBy(impostor, body, now)],
    [
      'has a signature with a space in it',
      'signature',
      { ...right, 'Wechatpay-Signature': ` ${right['Wechatpay-Signature']}` },
    ],
    ['is one of WeChat’s probes', 'signtest', { ...right, 'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/QUJDR' }],
    ['has another nonce', 'signature', { ...right, 'Wechatpay-Nonce': 'another' }],
  ])('rejects a notice that %s (%s)', (_what, reason, headers) => {
    const attempt = () => readNotice(wechat, headers, Buffer.from(body))
    expect(attempt).toThrow(InvalidNoticeError)
    expect(attempt).toThrow(expect.objectContaining({ reason }))
  })

  test.each([-299, 299])('accepts a notice that is %i seconds off', (seconds) => {
    expect(readNotice(wechat, signedBy(wechatSigner, body, later(seconds)), Buffer.from(body)).kind).toBe('transaction')
  })

  test('rejects a forged notice before its body is parsed', () => {
    expect(() => readNotice(wechat, {}, Buffer.from('{not json'))).toThrow(InvalidNoticeError)
  })

  test('rejects a notice with one changed byte', () => {
    const changed = Buffer.from(body.replace('EV-1', 'EV-2'))
    expect(() => readNotice(wechat, right, changed)).toThrow(InvalidNoticeError)
  })
})

describe('a signed body that is no notice', () => {
  test.each(['', '{', '[]', 'null', '{"id":"EV-1"}', '{"id":1,"event_type":"A","resource":{}}'])(
    'rejects a signed body that is no notice: %s',
    (body) => {
      expect(() => read(body)).toThrow(MalformedNoticeError)
    },
  )

  test('rejects a signed body that is not UTF-8', () => {
    const body = Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xff]), Buffer.from('"}')])
    expect(() => readNotice(wechat, signedBy(wechatSigner, body, now), body)).toThrow(MalformedNoticeError)
  })
})

describe('a signed notice with a content that cannot be read', () => {
  test.each<[string, string]>([
    ['under another key', envelope('TRANSACTION.SUCCESS', paid, { key: previousKey })],
    ['with other associated data', envelope('TRANSACTION.SUCCESS', paid, { associatedData: 'refund' })],
    ['of another algorithm', envelope('TRANSACTION.SUCCESS', paid, { algorithm: 'AES' })],
    ['that is no object', envelope('TRANSACTION.SUCCESS', 'text')],
    ['without a merchant', envelope('TRANSACTION.SUCCESS', { ...paid, mchid: undefined })],
    ['with money that is no integer', envelope('TRANSACTION.SUCCESS', { ...paid, amount: { total: 123.45 } })],
    ['with money as text', envelope('REFUND.SUCCESS', { ...refunded, amount: { total: '1', refund: 1 } })],
    ['with a status that nobody knows', envelope('REFUND.SUCCESS', { ...refunded, refund_status: 'MAYBE' })],
    ['with a refund that has no merchant', envelope('REFUND.SUCCESS', { ...refunded, mchid: undefined })],
    ['with a time that is none', envelope('TRANSACTION.SUCCESS', { ...paid, success_time: 'yesterday' })],
  ])('rejects a signed notice with a content %s as undecipherable', (_what, body) => {
    expect(() => read(body)).toThrow(UndecipherableNoticeError)
    expect(() => read(body)).toThrow(expect.objectContaining({ noticeId: 'EV-1' }))
  })

  test('leaves the content of an undecipherable notice out of the error', () => {
    const body = envelope('TRANSACTION.SUCCESS', { ...paid, mchid: undefined })
    expect(() => read(body)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('o_guest') as string }),
    )
    expect(() => read(body)).toThrow(/mchid/)
  })
})

function read(body: string, on = wechat) {
  return readNotice(on, signedBy(wechatSigner, body, now), Buffer.from(body))
}

function envelope(
  eventType: string,
  content: unknown,
  { key = apiV3Key, associatedData = 'transaction', algorithm = 'AEAD_AES_256_GCM' } = {},
): string {
  const nonce = 'twelve bytes'
  const plaintext = JSON.stringify(content)
  return JSON.stringify({
    id: 'EV-1',
    create_time: '2026-06-01T16:00:00+08:00',
    resource_type: 'encrypt-resource',
    event_type: eventType,
    resource: {
      algorithm,
      ciphertext: encryptAead(key, { plaintext, nonce, associatedData }),
      nonce,
      associated_data: 'transaction',
    },
  })
}
