import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ConfigError, loadConfig } from '../../../src/config.ts'
import { vectorFile } from '../../conformance/wechat/vectors.ts'

const pair = (modulusLength = 2048) => generateKeyPairSync('rsa', { modulusLength })
const merchant = pair()
const platform = pair()
const short = pair(1024)
const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const pkcs8 = merchant.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const pkcs1 = merchant.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const merchantPublic = merchant.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const spki = platform.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const publicPkcs1 = platform.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()

const certificatePem = String(vectorFile.vectors.find((vector) => vector['certificatePem'])?.['certificatePem'])

const folder = mkdtempSync(join(tmpdir(), 'keys-'))
afterAll(() => rmSync(folder, { recursive: true }))

const env = {
  WECHAT_APP_ID: 'wx8888888888888888',
  WECHAT_APP_SECRET: '0123456789abcdef0123456789abcdef',
  WECHAT_PAY_MCH_ID: '1900000109',
  WECHAT_PAY_MCH_CERT_SERIAL: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
  WECHAT_PAY_MCH_PRIVATE_KEY: pkcs8,
  WECHAT_PAY_API_V3_KEY: 'ThisKeyIsOnlyForThisTestFile0001',
  WECHAT_PAY_NOTIFY_URL: 'https://pay.example.com/wechat/pay/notify',
  WECHAT_PAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_0119000001092026010100000000000007',
  WECHAT_PAY_PUBLIC_KEY: spki,
}

const read = (change: Record<string, string>) => loadConfig({ ...env, ...change }, 'start').wechat?.pay

/** What is said about the one wrong variable, after its name. */
function faultOf(name: string, value: string): string {
  const error = failureOf({ [name]: value })
  expect(error.problems.map((problem) => problem.name)).toEqual([name])
  for (const part of value.split(/[\s\\]+/).filter((each) => each.length > 20))
    expect(error.message).not.toContain(part)
  return error.problems[0]?.fault.en ?? ''
}

function failureOf(change: Record<string, string>): ConfigError {
  try {
    read(change)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error(`${Object.keys(change).join()} was accepted`)
}

function fileWith(text: string): string {
  const path = join(folder, `${Math.random()}.pem`)
  writeFileSync(path, text)
  return path
}

const bodyOf = (pem: string) => pem.replaceAll(/-----.*?-----/g, '').trim()

/** How people paste a PEM file. */
const forms: [string, (pem: string) => string][] = [
  ['as it is', (pem) => pem],
  ['in double quotes', (pem) => `"${pem}"`],
  ['in single quotes', (pem) => `'${pem}'`],
  ['indented', (pem) => pem.replaceAll(/^/gm, '    ')],
  ['with CRLF', (pem) => pem.replaceAll('\n', '\r\n')],
  ['with a written-out \\n', (pem) => pem.replaceAll('\n', '\\n')],
  ['with a written-out \\r\\n, in quotes', (pem) => `"${pem.replaceAll('\n', '\\r\\n')}"`],
  ['in one line, with spaces', (pem) => pem.replaceAll('\n', ' ')],
  ['in one line, without spaces', (pem) => pem.replaceAll('\n', '')],
  ['without its BEGIN and END', bodyOf],
  ['after text of other tools', (pem) => `Bag Attributes\n    localKeyID: 01\n${pem}`],
  ['in a file', fileWith],
  ['in a file with a byte order mark and CRLF', (pem) => fileWith(`\ufeff${pem.replaceAll('\n', '\r\n')}`)],
]

describe('a key as people paste it', () => {
  test.for(forms)('reads the merchant’s private key %s, as PKCS#8 and as PKCS#1', ([, paste]) => {
    for (const pem of [pkcs8, pkcs1]) {
      expect(read({ WECHAT_PAY_MCH_PRIVATE_KEY: paste(pem) })?.mchPrivateKey).toBe(pkcs8)
    }
  })

  test.for(forms)('reads WeChat Pay’s public key %s, as SPKI and as PKCS#1', ([, paste]) => {
    for (const pem of [spki, publicPkcs1]) {
      expect(read({ WECHAT_PAY_PUBLIC_KEY: paste(pem) })?.publicKey?.pem).toBe(spki)
    }
  })

  test('reads a private key under the label of another form', () => {
    const mislabelled = pkcs8.replaceAll('PRIVATE KEY', 'RSA PRIVATE KEY')
    expect(read({ WECHAT_PAY_MCH_PRIVATE_KEY: mislabelled })?.mchPrivateKey).toBe(pkcs8)
  })

  test('reads the private key from a file that holds a certificate as well', () => {
    expect(read({ WECHAT_PAY_MCH_PRIVATE_KEY: certificatePem + pkcs8 })?.mchPrivateKey).toBe(pkcs8)
  })
})

const passphrase = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' } as const
const shortKey = short.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const ellipticKey = elliptic.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const sec1Key = elliptic.privateKey.export({ type: 'sec1', format: 'pem' }).toString()
const encrypted = merchant.privateKey.export(passphrase).toString()
const cutOff = pkcs8.slice(0, 800)

describe('a wrong key', () => {
  test.for([
    ['no such file', '/there/is/no/such/file.pem', /^is no PEM text, and as a path it names no such file$/],
    ['a folder', folder, /^names a folder/],
    ['a file without a key', fileWith('nothing'), /^names a file that holds no PEM text$/],
    ['a public key', spki, /^holds a public key, and the merchant’s private key belongs here \(apiclient_key.pem\)$/],
    ['a certificate', certificatePem, /^holds a certificate, and the merchant’s private key belongs here/],
    ['a certificate’s file', fileWith(certificatePem), /^holds a certificate, and the merchant’s/],
    ['a bare certificate', bodyOf(certificatePem), /^holds a certificate, and the merchant’s/],
    ['an elliptic key', ellipticKey, /^holds a key that isn’t RSA/],
    ['an elliptic key of SEC 1', sec1Key, /^holds a key that isn’t RSA/],
    ['a short key', shortKey, /^holds an RSA key of less than 2048 bits/],
    ['a key with a passphrase', encrypted, /^holds a key that a passphrase protects/],
    ['a key that is cut off', cutOff, /^is PEM text that is cut off: its END line is missing$/],
    ['a damaged key', `${cutOff}\n-----END PRIVATE KEY-----`, /^holds a key that is damaged/],
  ] as const)('names what stands in place of the merchant’s private key: %s', ([, value, fault]) => {
    expect(faultOf('WECHAT_PAY_MCH_PRIVATE_KEY', value)).toMatch(fault)
  })

  test.for([
    ['no such file', 'pub_key.pem', /^is no PEM text, and as a path it names no such file$/],
    ['a private key', pkcs8, /^holds a private key, and WeChat Pay’s public key belongs here \(pub_key.pem\)$/],
    ['a certificate', certificatePem, /^holds a certificate, and WeChat Pay’s public key belongs here/],
    ['the merchant’s own key', merchantPublic, /^is the merchant’s own key, and WeChat Pay’s public key belongs here/],
    ['an elliptic key', elliptic.publicKey.export({ type: 'spki', format: 'pem' }).toString(), /isn’t RSA/],
    ['a short key', short.publicKey.export({ type: 'spki', format: 'pem' }).toString(), /less than 2048 bits/],
  ] as const)('names what stands in place of WeChat Pay’s public key: %s', ([, value, fault]) => {
    expect(faultOf('WECHAT_PAY_PUBLIC_KEY', value)).toMatch(fault)
  })
})

describe('a serial number', () => {
  test.for([
    '5157f09efdc096de15ebe81a47057a7232f1b8e1',
    '51:57:F0:9E:FD:C0:96:DE:15:EB:E8:1A:47:05:7A:72:32:F1:B8:E1',
    '51 57 f0 9e fd c0 96 de 15 eb e8 1a 47 05 7a 72 32 f1 b8 e1',
    '"5157F09EFDC096DE15EBE81A47057A7232F1B8E1"',
    'serial=5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
    '0x5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
  ])('reads %s as WeChat writes it', (serial) => {
    expect(read({ WECHAT_PAY_MCH_CERT_SERIAL: serial })?.mchCertSerial).toBe(env.WECHAT_PAY_MCH_CERT_SERIAL)
  })

  test.for(['pub_key_id_0119000001092026010100000000000007', ' PUB_KEY_ID_0119 0000 0109 2026 0101 0000 0000 0000 07'])(
    'reads the key id %j as WeChat writes it',
    (id) => {
      expect(read({ WECHAT_PAY_PUBLIC_KEY_ID: id })?.publicKey?.id).toBe(env.WECHAT_PAY_PUBLIC_KEY_ID)
    },
  )

  test('tells a serial number and a key id from each other', () => {
    const { WECHAT_PAY_MCH_CERT_SERIAL: serial, WECHAT_PAY_PUBLIC_KEY_ID: id } = env
    expect(faultOf('WECHAT_PAY_MCH_CERT_SERIAL', id)).toMatch(/^holds the id of WeChat Pay’s public key/)
    expect(faultOf('WECHAT_PAY_PUBLIC_KEY_ID', serial)).toMatch(/^holds a serial number/)
    expect(faultOf('WECHAT_PAY_PUBLIC_KEY_ID', id.replace('PUB_KEY_ID_', ''))).toMatch(/lost its beginning/)
  })
})
