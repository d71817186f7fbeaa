import { createCipheriv, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { decryptAead } from '../../../src/wechat/cipher.ts'
import { CipherError } from '../../../src/wechat/errors.ts'
import { createNonce, responseMessage, signMessage, verifyMessage } from '../../../src/wechat/signature.ts'
import { createTrustStore } from '../../../src/wechat/trust-store.ts'
import { encryptAead } from '../../harness/aead.ts'
import { apiV3Key, merchantConfig, pem } from './fake-wechat.ts'

const privateKey = createPrivateKey(merchantConfig.mchPrivateKey)
const publicKey = createPublicKey(privateKey)

describe('a signature', () => {
  test('verifies a signature for its own message only', async () => {
    const signature = await signMessage(privateKey, '民宿\n')
    expect(verifyMessage(publicKey, '民宿\n', signature)).toBe(true)
    expect(verifyMessage(publicKey, Buffer.from('民宿\n'), signature)).toBe(true)
    expect(verifyMessage(publicKey, '民宿', signature)).toBe(false)
  })

  test('rejects a signature that is not canonical base64', async () => {
    const signature = await signMessage(privateKey, 'm')
    const urlSafe = signature.replaceAll('/', '_').replaceAll('+', '-').replace(/^./, '-')
    for (const loose of [signature.replace(/=+$/, ''), `${signature}\n`, `!${signature}`, urlSafe, '']) {
      expect(loose).not.toBe(signature)
      expect(verifyMessage(publicKey, 'm', loose)).toBe(false)
    }
  })

  test('refuses to sign with a public key', async () => {
    await expect(signMessage(publicKey, 'm')).rejects.toThrow(/private/i)
  })

  test('verifies a response over its raw bytes', () => {
    const body = Buffer.from([0xff, 0x0a])
    expect(responseMessage({ timestamp: '1', nonce: 'n', body })).toEqual(
      Buffer.from([0x31, 0x0a, 0x6e, 0x0a, 0xff, 0x0a, 0x0a]),
    )
  })
})

describe('a nonce', () => {
  test('creates nonces of 32 letters and digits, and none twice', () => {
    const nonces = Array.from({ length: 100 }, createNonce)
    for (const nonce of nonces) expect(nonce).toMatch(/^[0-9A-Za-z]{32}$/)
    expect(new Set(nonces).size).toBe(100)
  })
})

describe('a ciphertext', () => {
  const sealed = { nonce: 'twelve bytes', associatedData: 'transaction', plaintext: '{"a":"民宿"}' }
  const ciphertext = encryptAead(apiV3Key, sealed)
  const open = { ciphertext, nonce: sealed.nonce, associated_data: sealed.associatedData }

  test('is decrypted to what WeChat encrypted', () => {
    expect(decryptAead([apiV3Key], open)).toBe(sealed.plaintext)
  })

  test.each([
    ['a changed bit', { ...open, ciphertext: flipped(ciphertext) }],
    ['another nonce', { ...open, nonce: 'TWELVE BYTES' }],
    ['a longer nonce', { ...open, nonce: 'thirteen bytes' }],
    ['other associated data', { ...open, associated_data: '' }],
    ['less than a tag', { ...open, ciphertext: 'AAAA' }],
    ['loose base64', { ...open, ciphertext: `${ciphertext}\n` }],
  ])('rejects a ciphertext with %s', (_what, resource) => {
    expect(() => decryptAead([apiV3Key], resource)).toThrow(CipherError)
  })

  test('rejects a ciphertext of bytes that are not UTF-8', () => {
    const cipher = createCipheriv('aes-256-gcm', apiV3Key, sealed.nonce).setAAD(Buffer.from(sealed.associatedData))
    const bytes = Buffer.concat([cipher.update(Buffer.from([0x22, 0xff, 0xfe, 0x22])), cipher.final()])
    const resource = { ...open, ciphertext: Buffer.concat([bytes, cipher.getAuthTag()]).toString('base64') }
    expect(() => decryptAead([apiV3Key], resource)).toThrow(CipherError)
  })

  test('rejects a ciphertext without any key', () => {
    expect(() => decryptAead([], open)).toThrow(CipherError)
  })
})

describe('a trusted key', () => {
  const store = createTrustStore()
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey

  test.each([
    ['too short', pem(small, 'spki')],
    ['not RSA', pem(elliptic, 'spki')],
    ['for RSA-PSS alone', pem(pss, 'spki')],
    ['private', merchantConfig.mchPrivateKey],
    ['no key', 'nonsense'],
  ])('rejects a public key that is %s', (_what, text) => {
    expect(() => store.addPublicKey({ id: 'PUB_KEY_ID_1', pem: text })).toThrow(
      expect.objectContaining({ name: 'WechatKeyError' }),
    )
    expect(store.find('PUB_KEY_ID_1', new Date())).toBeUndefined()
  })

  test('rejects a platform certificate that is no certificate', () => {
    expect(() => store.addCertificate('nonsense')).toThrow(expect.objectContaining({ name: 'WechatKeyError' }))
  })
})

function flipped(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  bytes[0] = (bytes[0] ?? 0) ^ 1
  return bytes.toString('base64')
}
