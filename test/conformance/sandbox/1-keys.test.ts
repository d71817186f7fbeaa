import {
  constants,
  createPrivateKey,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  X509Certificate,
} from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decryptAead, type EncryptedResource } from '../../../src/wechat/cipher.ts'
import { certificateSerial, normaliseSerial } from '../../../src/wechat/trust-store.ts'
import { startReceiver } from '../../integration/sandbox/merchant.ts'
import { harmless, type PlayedWechat, played, type Wechat } from './rules.ts'

const DAY_MS = 86_400_000
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
const both = { signedBy: 'both' } as const

interface Listed {
  serial_no: string
  effective_time: string
  expire_time: string
  encrypt_certificate: EncryptedResource & { algorithm: string }
}

/** The platform certificates; skips the rest for a merchant with a public key alone. */
async function list({ merchant, skip }: Wechat): Promise<Listed[]> {
  const reply = await merchant.call('GET', '/v3/certificates')
  skip(reply.status === 404, 'this merchant has no platform certificates')
  return reply.json.data as Listed[]
}

describe('1.4 Platform certificates', () => {
  it(
    'platform certificates are decrypted with the APIv3 key, and are X.509 with an RSA key',
    harmless(async (wechat) => {
      for (const { encrypt_certificate } of await list(wechat)) {
        expect(encrypt_certificate).toMatchObject({
          algorithm: 'AEAD_AES_256_GCM',
          nonce: expect.stringMatching(/^.{12}$/),
        })
        expect((encrypt_certificate.associated_data ?? '').length).toBeLessThan(16)
        const certificate = new X509Certificate(decryptAead([wechat.credentials.apiV3Key], encrypt_certificate))
        expect(certificate.publicKey.asymmetricKeyType).toBe('rsa')
      }
    }, both),
  )

  it(
    'a listed serial_no, effective_time and expire_time are those of the certificate',
    harmless(async (wechat) => {
      for (const listed of await list(wechat)) {
        const pem = decryptAead([wechat.credentials.apiV3Key], listed.encrypt_certificate)
        const certificate = new X509Certificate(pem)
        expect(normaliseSerial(listed.serial_no)).toBe(normaliseSerial(certificateSerial(certificate)))
        expect(Date.parse(listed.effective_time)).toBe(certificate.validFromDate.getTime())
        expect(Date.parse(listed.expire_time)).toBe(certificate.validToDate.getTime())
      }
    }, both),
  )

  it(
    'the list of certificates is signed by a known key or by one of its own',
    harmless(async (wechat) => {
      await list(wechat)
      await wechat.merchant.fetchCertificates()
      expect(await wechat.merchant.call('GET', '/v3/certificates')).toMatchObject({ isSigned: true })
    }, both),
  )

  it(
    'a merchant with a public key alone gets 404 RESOURCE_NOT_EXISTS for certificates',
    harmless(async (wechat) => {
      const { status, json } = await wechat.merchant.call('GET', '/v3/certificates')
      wechat.skip(status === 200, 'this merchant has platform certificates')
      expect([status, json.code]).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    }),
  )

  it(
    'a platform certificate is valid for 5 years, and its successor is listed 10 days before it expires',
    played(async (wechat) => {
      const [first] = await list(wechat)
      if (!first) throw new Error('There is no certificate')
      const endsAt = Date.parse(first.expire_time)
      expect(endsAt - Date.parse(first.effective_time)).toBe(5 * 365 * DAY_MS)
      wechat.later(endsAt - wechat.now() - 10 * DAY_MS - 5000)
      expect(await list(wechat)).toHaveLength(1)
      wechat.later(5000)
      expect(await list(wechat)).toHaveLength(2)
      wechat.later(10 * DAY_MS)
      expect((await list(wechat)).map((listed) => listed.serial_no)).not.toContain(first.serial_no)
    }, both),
  )

  it(
    'two overlapping platform certificates both sign',
    played(async ({ merchant, sandbox }) => {
      const serials = (await merchant.fetchCertificates()).map(certificateSerial)
      await sandbox.issueCertificate()
      expect(await merchant.fetchCertificates()).toHaveLength(2)
      const replies = await Promise.all(
        [0, 1, 2, 3].map(() => merchant.call('GET', '/v3/certificates', undefined, { requestedSerial: null })),
      )
      expect(replies.every((reply) => reply.isSigned)).toBe(true)
      const signers = new Set(replies.map((reply) => reply.signedBy))
      expect(signers.size).toBe(2)
      expect(signers).toContain(serials[0])
    }, both),
  )
})

describe('1.5 Public key', () => {
  it(
    'a merchant with a public key alone gets every answer signed by it, named by its PUB_KEY_ID_',
    harmless(async (wechat) => {
      const { merchant, credentials, skip } = wechat
      skip((await merchant.call('GET', '/v3/certificates')).status === 200, 'this merchant has platform certificates')
      expect(credentials.publicKeyId).toMatch(/^PUB_KEY_ID_\d+$/)
      const reply = await merchant.call('POST', '/v3/security/echo', { echo_message: 'a' })
      expect(reply).toMatchObject({ isSigned: true, signedBy: credentials.publicKeyId })
    }),
  )

  it(
    'with a public key and certificates active, Wechatpay-Serial chooses the key of the answer',
    played(async ({ merchant, credentials }) => {
      const [serial = ''] = (await merchant.fetchCertificates()).map(certificateSerial)
      for (const requestedSerial of [credentials.publicKeyId, serial]) {
        const reply = await merchant.call('GET', '/v3/certificates', undefined, { requestedSerial })
        expect(reply).toMatchObject({ isSigned: true, signedBy: requestedSerial })
      }
    }, both),
  )

  it(
    'with a public key and certificates active and no Wechatpay-Serial, the certificate signs',
    played(async ({ merchant }) => {
      const [serial] = (await merchant.fetchCertificates()).map(certificateSerial)
      expect((await merchant.call('GET', '/v3/certificates', undefined, { requestedSerial: null })).signedBy).toBe(
        serial,
      )
    }, both),
  )

  it(
    'Wechatpay-Serial has no effect before the migration to the public key begins',
    played(
      async ({ merchant, credentials }) => {
        const [serial] = (await merchant.fetchCertificates()).map(certificateSerial)
        const reply = await merchant.call('GET', '/v3/certificates', undefined, {
          requestedSerial: credentials.publicKeyId,
        })
        expect(reply.signedBy).toBe(serial)
      },
      { ...both, publicKeyPercent: 0 },
    ),
  )

  it(
    'the share of notices signed with the public key rises over 7 days from 0.1 to 100 %, and can be reset',
    played(async (wechat) => {
      const { merchant, sandbox } = wechat
      await merchant.prepay('order-0001')
      sandbox.payLate('order-0001')
      sandbox.changeSettings({ publicKeyPercent: 'ramp' })
      const percents = [0.1, 1, 5, 10, 20, 50, 100]
      for (const [day, percent] of percents.entries()) {
        const sent = day === 0 ? 1000 : 100
        expect(await countPublic(wechat, sent)).toBe((percent * sent) / 100)
        wechat.later(DAY_MS)
      }
      sandbox.changeSettings({ publicKeyPercent: 0 })
      expect(await countPublic(wechat, 10)).toBe(0)
    }, both),
  )

  it(
    'the same notice may be repeated under the other key',
    played(
      async ({ merchant, sandbox }) => {
        await merchant.fetchCertificates()
        const receiver = await startReceiver(merchant, [500])
        await merchant.prepay('order-0001', { notify_url: receiver.url })
        sandbox.payLate('order-0001')
        await expect.poll(() => receiver.received).toHaveLength(2)
        const [first, second] = receiver.received
        expect([first?.isSigned, second?.isSigned]).toEqual([true, true])
        expect(first?.signedBy).not.toBe(second?.signedBy)
      },
      { ...both, publicKeyPercent: 50 },
    ),
  )
})

async function countPublic({ sandbox, credentials }: PlayedWechat, sent: number): Promise<number> {
  const notices = await Promise.all(Array.from({ length: sent }, () => sandbox.buildNotice('order-0001')))
  return notices.filter(({ headers }) => headers['Wechatpay-Serial'] === credentials.publicKeyId).length
}

describe('1.5 Self test', () => {
  it(
    'an echo returns its message, in a request and an answer that are both signed',
    harmless(async ({ merchant }) => {
      const reply = await merchant.call('POST', '/v3/security/echo', { echo_message: '你好' })
      expect(reply).toMatchObject({ status: 200, isSigned: true, json: { echo_message: '你好' } })
    }),
  )

  it(
    'an echo’s message encrypted by RSA-OAEP with SHA-1 is returned encrypted for the merchant',
    harmless(async (wechat) => {
      const { merchant, credentials, skip } = wechat
      skip(credentials.publicKey === '', 'this merchant has no public key')
      const encrypted = publicEncrypt({ ...oaep, key: createPublicKey(credentials.publicKey) }, Buffer.from('secret'))
      const body = { echo_message: 'hello', encrypted_echo_message: encrypted.toString('base64') }
      const { json } = await merchant.call('POST', '/v3/security/echo', body)
      const answered = Buffer.from(String(json.encrypted_echo_message), 'base64')
      const key = createPrivateKey(credentials.mchPrivateKey)
      expect(privateDecrypt({ ...oaep, key }, answered).toString()).toBe('secret')
    }),
  )

  it(
    'an echo with a notify_url is followed by a SECURITY_ECHO.SUCCESS notice',
    played(async ({ merchant }) => {
      const receiver = await startReceiver(merchant)
      await merchant.call('POST', '/v3/security/echo', { echo_message: 'hello', notify_url: receiver.url })
      await expect
        .poll(() => receiver.received)
        .toMatchObject([{ envelope: { event_type: 'SECURITY_ECHO.SUCCESS' }, content: { echo_message: 'hello' } }])
    }),
  )
})
