import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { openSandbox } from '@looklook-pay/sandbox'
import { type Sealed, seal } from '@looklook-pay/sandbox/seal'
import {
  createSignature,
  isSignatureOf,
  paymentMessage,
  requestMessage,
  responseMessage,
} from '@looklook-pay/sandbox/signature'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Vector, vectorFile } from '../wechat/vectors.ts'

/*
 * The sandbox has signatures and encryption of its own. These are the vectors that test/conformance/wechat runs against
 * the product's, from WeChat's side here: what the product must open and verify, the sandbox must write byte for byte.
 */

const named = (kind: string) =>
  vectorFile.vectors.filter((vector) => vector.kind === kind).map((vector) => [vector.id, vector] as const)

type Text = (name: string) => string
const textOf =
  (vector: Vector): Text =>
  (name) =>
    String(vector[name])

/** WeChat Pay's private keys that the file discloses, by the serial that they sign under. */
function wechatPrivateKeys(): Map<string, KeyObject> {
  const [publicKey] = named('spki-of-private')
  const [, platform] = named('key-matches-cert')
  if (!publicKey || !platform) throw new Error('The private keys are missing from vectors.json')
  const { serialNumber } = new X509Certificate(String(platform[1].certificatePem))
  const id = vectorFile.trustStore.find((entry) => entry.publicKeyPem)?.id ?? ''
  return new Map([
    [id, createPrivateKey(String(publicKey[1].privateKeyPem))],
    [serialNumber, createPrivateKey(String(platform[1].privateKeyPem))],
  ])
}

/** The public key of a serial as it is written in the trust store. */
function wechatPublicKey(serial: string | undefined): KeyObject | undefined {
  const entry = vectorFile.trustStore.find(({ id }) => id === serial)
  if (entry?.certificatePem) return new X509Certificate(entry.certificatePem).publicKey
  return entry?.publicKeyPem ? createPublicKey(entry.publicKeyPem) : undefined
}

function signedOf(vector: Vector) {
  const headers = vector.headers as Record<string, string | undefined>
  const [timestamp, nonce] = [headers['Wechatpay-Timestamp'] ?? '', headers['Wechatpay-Nonce'] ?? '']
  return {
    serial: headers['Wechatpay-Serial'],
    signature: headers['Wechatpay-Signature'] ?? '',
    message: responseMessage({ timestamp, nonce, body: String(vector.rawBody) }),
  }
}

/** The vectors with a wrong signature. The other rejected ones are too old, incomplete, or can't be decrypted. */
const WRONG_SIGNATURES = [
  'gen-notify-neg-signtest',
  'gen-rsp-attacker-key-known-serial',
  'gen-rsp-cross-serial',
  'gen-rsp-empty-signature',
  'gen-rsp-missing-nonce',
  'gen-rsp-missing-signature',
  'gen-rsp-signtest-over-valid-signature',
]

describe('the sandbox’s encryption', () => {
  test.each(named('aead'))('the sandbox encrypts the plaintext of %s to its ciphertext', (_id, vector) => {
    const text = textOf(vector)
    const [plaintext, associatedData, nonce] = [text('plaintext'), text('associatedData'), text('nonce')]
    expect(seal(text('key'), { plaintext, associatedData, nonce })).toEqual({
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: text('ciphertext'),
      associated_data: associatedData,
      nonce,
    })
  })

  test.each(named('notify-full').filter(([, vector]) => vector.plaintext !== undefined))(
    'the sandbox encrypts the notice of %s to its ciphertext',
    (_id, vector) => {
      const text = textOf(vector)
      const { resource } = JSON.parse(text('rawBody')) as { resource: Sealed }
      const { nonce, associated_data: associatedData } = resource
      const sealed = seal(text('apiV3Key'), { plaintext: text('plaintext'), associatedData, nonce })
      expect(resource).toMatchObject(sealed)
    },
  )

  test.each(named('certificates'))(
    'the sandbox encrypts the platform certificates of %s to their ciphertexts',
    (_id, vector) => {
      const { data } = vector.response as { data: { encrypt_certificate: Sealed }[] }
      const pems = Object.values(vector.certificatePems as Record<string, string>)
      const sealed = data.map(({ encrypt_certificate: { nonce, associated_data: associatedData } }, index) =>
        seal(String(vector.key), { plaintext: pems[index] ?? '', associatedData, nonce }),
      )
      expect(sealed).toEqual(data.map(({ encrypt_certificate }) => encrypt_certificate))
    },
  )

  test('the sandbox refuses an APIv3 key that is not 32 bytes long', () => {
    expect(() => seal('too short', { plaintext: 'a', associatedData: '' })).toThrow(RangeError)
  })

  test('the sandbox encrypts with a new nonce of 12 characters each time', () => {
    const [one, other] = [1, 2].map(() => seal('0'.repeat(32), { plaintext: 'a', associatedData: '' }))
    expect(one?.nonce).toMatch(/^[0-9A-Za-z]{12}$/)
    expect(other?.nonce).not.toBe(one?.nonce)
  })
})

describe('the sandbox’s signature', () => {
  const keys = wechatPrivateKeys()
  const genuine = [...named('response-verify-full'), ...named('notify-full')].filter(
    ([id, vector]) => !WRONG_SIGNATURES.includes(id) && keys.has(signedOf(vector).serial ?? ''),
  )

  test('the sandbox’s signatures are compared under a public key and a platform certificate', () => {
    const serials = new Set(genuine.map(([, vector]) => signedOf(vector).serial))
    expect(serials).toEqual(new Set(keys.keys()))
  })

  test.each(genuine)('the sandbox signs the response or notice of %s with its signature', async (_id, vector) => {
    const { serial = '', message, signature } = signedOf(vector)
    expect(await createSignature(keys.get(serial) as KeyObject, message)).toBe(signature)
  })

  test.each(named('pay-sign'))(
    'the sandbox reads the payment parameters of %s as they were signed',
    async (_id, vector) => {
      const text = textOf(vector)
      const [appId, timeStamp, nonceStr] = [text('appId'), text('timeStamp'), text('nonceStr')]
      const message = paymentMessage({ appId, timeStamp, nonceStr, package: text('package') })
      expect(message).toBe(text('message'))
      const key = createPrivateKey(text('privateKeyPem'))
      expect(await createSignature(key, message)).toBe(text('paySign'))
      expect(isSignatureOf(message, text('paySign'), createPublicKey(key))).toBe(true)
    },
  )

  test.each(named('request-sign'))('the sandbox reads the request of %s as it was signed', async (_id, vector) => {
    const text = textOf(vector)
    const [method, target, timestamp] = [text('method'), text('canonicalUrl'), text('timestamp')]
    const message = requestMessage({ method, target, timestamp, nonce: text('nonce'), body: text('body') })
    expect(message).toBe(text('message'))
    expect(await createSignature(createPrivateKey(text('privateKeyPem')), message)).toBe(text('signature'))
  })
})

describe('the sandbox’s verification', () => {
  const vectors = [...named('response-verify-full'), ...named('notify-full')].filter(
    ([, vector]) => wechatPublicKey(signedOf(vector).serial) !== undefined,
  )

  test.each(vectors)('the sandbox verifies or refuses the signature of %s as expected', (id, vector) => {
    const { serial, message, signature } = signedOf(vector)
    const key = wechatPublicKey(serial) as KeyObject
    expect(isSignatureOf(message, signature, key)).toBe(!WRONG_SIGNATURES.includes(id))
  })

  test.each(['', ' ', '=', '====', 'WECHATPAY/SIGNTEST/', 'not base64!', '签名'])(
    'the sandbox refuses the signature "%s" and does not throw',
    (signature) => {
      const { publicKeyPem = '' } = vectorFile.trustStore.find((entry) => entry.publicKeyPem) ?? {}
      expect(isSignatureOf('message', signature, createPublicKey(publicKeyPem))).toBe(false)
    },
  )

  test.each<[string, (signature: string) => string]>([
    ['a line feed after it', (signature) => `${signature}\n`],
    ['a space in it', (signature) => `${signature.slice(0, 4)} ${signature.slice(4)}`],
    ['no padding', (signature) => signature.replace(/=+$/, '')],
    ['the alphabet of URLs', (signature) => signature.replaceAll('+', '-').replaceAll('/', '_')],
  ])('the sandbox refuses a right signature with %s', (_name, change) => {
    const [, vector] = named('request-sign')[0] ?? []
    const text = textOf(vector as Vector)
    const key = createPublicKey(text('privateKeyPem'))
    expect(isSignatureOf(text('message'), text('signature'), key)).toBe(true)
    expect(change(text('signature'))).not.toBe(text('signature'))
    expect(isSignatureOf(text('message'), change(text('signature')), key)).toBe(false)
  })

  test.each(named('request-sign'))(
    'the sandbox accepts the request of %s over HTTP, and refuses it with another body',
    async (_id, vector) => {
      const sandbox = await openSandbox({
        credentials: {
          appid: vectorFile.merchant.appid,
          appSecret: '',
          mchid: String(vector.mchid),
          mchCertSerial: String(vector.serialNo),
          mchPrivateKey: String(vector.privateKeyPem),
          apiV3Key: vectorFile.merchant.apiV3Key,
          publicKeyId: 'PUB_KEY_ID_1',
          publicKey: '',
          platformPrivateKey: String(named('spki-of-private')[0]?.[1].privateKeyPem),
          templates: { orderPaid: '1', checkIn: '2', refunded: '3' },
        },
        now: () => new Date(Number(vector.timestamp) * 1000),
      })
      onTestFinished(() => sandbox.close())
      expect(await codeOf(sandbox.url, vector, String(vector.body))).not.toBe('SIGN_ERROR')
      expect(await codeOf(sandbox.url, vector, `${String(vector.body)} `)).toBe('SIGN_ERROR')
    },
  )
})

/** The code that a vector's request is answered with when it carries this body. */
async function codeOf(url: string, vector: Vector, body: string): Promise<unknown> {
  const call = request(url, {
    method: String(vector.method),
    path: String(vector.canonicalUrl),
    headers: {
      Accept: 'application/json',
      'User-Agent': 'merchant/1.0',
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      Authorization: String(vector.authorization),
    },
  })
  call.end(body)
  const [answer] = (await once(call, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return (JSON.parse(Buffer.concat(chunks).toString() || '{}') as { code?: unknown }).code
}
