import { createPrivateKey } from 'node:crypto'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { downloadCertificates } from '../../../src/wechat/certificates.ts'
import { queryByOutTradeNo } from '../../../src/wechat/pay.ts'
import { encryptForWechat } from '../../../src/wechat/security-echo.ts'
import { createTrustStore, normaliseSerial } from '../../../src/wechat/trust-store.ts'
import { type Vector, vectorFile } from '../../conformance/wechat/vectors.ts'
import { givenWechatPay, type Handler, type Reply, type Signer } from './fake-wechat.ts'

const now = new Date('2026-06-01T08:00:00Z')
const clockOffset = (now.getTime() - Date.now()) / 1000
const listed = vectorNamed('gen-certificates-two')
const newest = vectorNamed('gen-key-matches-cert-platform-new')
const [oldSerial = '', newSerial = ''] = listed.serials as string[]
const newSigner: Signer = { serial: newSerial, privateKey: createPrivateKey(String(newest.privateKeyPem)) }
const order = { outTradeNo: 'PX000001', mchid: '1900000001' }

const list: Reply = { body: JSON.stringify(listed.response), signedBy: newSigner, clockOffset }
const paid: Reply = {
  body: JSON.stringify({ appid: 'a', mchid: order.mchid, out_trade_no: order.outTradeNo, trade_state: 'SUCCESS' }),
  signedBy: newSigner,
  clockOffset,
}
const absent: Reply = { status: 404, body: '{"code":"RESOURCE_NOT_EXISTS","message":"无可用的平台证书"}' }
const options = { now: () => now, config: { apiV3Key: String(listed.key), publicKey: undefined } }
const answers: Handler = ({ path }) => (path === '/v3/certificates' ? list : paid)

describe('the platform certificates', () => {
  test('trusts downloaded certificates that the APIv3 key decrypts and that sign their own download', async () => {
    const { wechat } = await givenWechatPay(() => list, options)
    expect(await downloadCertificates(wechat)).toBe('updated')
    expect(wechat.trustStore.list().map(({ id }) => id)).toEqual([oldSerial, newSerial])
  })

  test('rejects downloaded certificates in an unsigned answer', async () => {
    const { wechat } = await givenWechatPay(() => ({ ...list, signedBy: 'nobody' }), options)
    await expect(downloadCertificates(wechat)).rejects.toMatchObject({ outcomeUnknown: true })
    expect(wechat.trustStore.list()).toHaveLength(0)
  })

  test('rejects downloaded certificates under another APIv3 key', async () => {
    const config = { ...options.config, apiV3Key: 'AnotherFixtureApiV3Key32bytesXYZ' }
    const { wechat } = await givenWechatPay(() => list, { ...options, config })
    await expect(downloadCertificates(wechat)).rejects.toMatchObject({ name: 'CipherError' })
  })

  test('trusts downloaded certificates under the previous APIv3 key', async () => {
    const config = {
      ...options.config,
      apiV3Key: 'AnotherFixtureApiV3Key32bytesXYZ',
      apiV3KeyPrevious: String(listed.key),
    }
    const { wechat } = await givenWechatPay(() => list, { ...options, config })
    expect(await downloadCertificates(wechat)).toBe('updated')
  })

  test('rejects all downloaded certificates when one has another serial than announced', async () => {
    const body = JSON.stringify(vectorNamed('gen-certificates-serial-mismatch').response)
    const { wechat } = await givenWechatPay(() => ({ ...list, body }), options)
    await expect(downloadCertificates(wechat)).rejects.toMatchObject({ name: 'WechatKeyError' })
    expect(wechat.trustStore.list()).toHaveLength(0)
  })

  test('reports absent certificates without a failure', async () => {
    const { wechat } = await givenWechatPay(() => absent, { now: () => now })
    expect(await downloadCertificates(wechat)).toBe('absent')
  })

  test('keeps a certificate for a day after its expiry, and then removes it', async () => {
    expect(await keptOn('2026-06-01T23:59:00Z')).toEqual([oldSerial, newSerial])
    expect(await keptOn('2026-06-02T00:01:00Z')).toEqual([newSerial])
  })
})

describe('a client whose only certificate has expired', () => {
  const beforeExpiry = new Date('2026-05-31T23:00:00Z')
  const dayAfterExpiry = new Date('2026-06-02T00:01:00Z')
  const oldPem = (listed.certificatePems as Record<string, string>)[oldSerial] ?? ''

  /** WeChat Pay refuses requests that name a key which it doesn't sign with. */
  async function givenExpired(at: Date, answer: Handler) {
    const clock = { now: beforeExpiry }
    const { wechat, received } = await givenWechatPay(
      (request, call) => {
        const named = request.headers['wechatpay-serial']
        if (named === oldSerial && clock.now > beforeExpiry) return { status: 400, body: '{"code":"PARAM_ERROR"}' }
        const reply = answer(request, call)
        return typeof reply === 'string' ? reply : { ...reply, clockOffset: (clock.now.getTime() - Date.now()) / 1000 }
      },
      { ...options, now: () => clock.now },
    )
    wechat.trustStore.addCertificate(oldPem)
    expect(wechat.trustStore.preferredId(clock.now)).toBe(oldSerial)
    clock.now = at
    return { wechat, received }
  }

  test.each([now, dayAfterExpiry])('stops naming an expired certificate, and downloads the new one: %s', async (at) => {
    const { wechat, received } = await givenExpired(at, answers)
    expect(await queryByOutTradeNo(wechat, order)).toMatchObject({ tradeState: 'SUCCESS' })
    expect(received.map(({ headers }) => headers['wechatpay-serial'])).toEqual([undefined, undefined])
    expect(wechat.trustStore.preferredId(at)).toBe(newSerial)
  })

  test('encrypts nothing with an expired certificate', async () => {
    const { wechat } = await givenExpired(now, answers)
    expect(encryptForWechat(wechat, '张三')).toBeUndefined()
  })

  test('does not trust a certificate a day after its expiry, even while no other can be downloaded', async () => {
    const { wechat } = await givenExpired(dayAfterExpiry, () => ({ status: 400, body: '{"code":"PARAM_ERROR"}' }))
    await wechat.refreshCertificates()
    expect(wechat.trustStore.find(oldSerial, dayAfterExpiry)).toBeUndefined()
  })

  test('removes a certificate a day after its expiry, even when the merchant has none any more', async () => {
    const { wechat } = await givenExpired(dayAfterExpiry, () => absent)
    expect(await downloadCertificates(wechat)).toBe('absent')
    expect(wechat.trustStore.list()).toEqual([])
  })
})

describe('a client without any key of WeChat Pay’s', () => {
  test('downloads certificates for the first answer that needs them, and accepts that answer', async () => {
    const { wechat, received } = await givenWechatPay(answers, options)
    expect(await queryByOutTradeNo(wechat, order)).toMatchObject({ tradeState: 'SUCCESS' })
    expect(received.map(({ path }) => path.slice(0, 16))).toEqual(['/v3/pay/transact', '/v3/certificates'])
    expect(received[0]?.headers).not.toHaveProperty('wechatpay-serial')
  })

  test('names in Wechatpay-Serial the certificate that expires last', async () => {
    const { wechat, received } = await givenWechatPay(answers, options)
    await downloadCertificates(wechat)
    await queryByOutTradeNo(wechat, order)
    expect(received[1]?.headers['wechatpay-serial']).toBe(newSerial)
  })
})

describe('a refresh of the certificates', () => {
  test('refreshes certificates once for all callers within a minute', async () => {
    let clock = now.getTime()
    const { wechat, received } = await givenWechatPay(() => absent, { ...options, now: () => new Date(clock) })
    await Promise.all([1, 2, 3].map(() => wechat.refreshCertificates()))
    clock += 59_000
    await wechat.refreshCertificates()
    expect(received).toHaveLength(1)
    clock += 1_000
    await wechat.refreshCertificates()
    expect(received).toHaveLength(2)
  })

  test('does not start another refresh of certificates while one runs', async () => {
    let clock = now.getTime()
    const { wechat } = await givenWechatPay(() => 'hang', { ...options, now: () => new Date(clock) })
    const first = wechat.refreshCertificates()
    clock += 61_000
    expect(wechat.refreshCertificates()).toBe(first)
    await wechat.close()
  })

  test('logs a failed refresh of certificates, and throws nothing', async () => {
    const lines: string[] = []
    const log = pino({}, { write: (line) => void lines.push(line) })
    const { wechat } = await givenWechatPay(() => ({ status: 400, body: '{"code":"PARAM_ERROR"}' }), {
      ...options,
      log,
    })
    await expect(wechat.refreshCertificates()).resolves.toBeUndefined()
    expect(lines.filter((line) => line.includes('certificate download failed'))).toEqual([
      expect.stringContaining('PARAM_ERROR'),
    ])
  })

  test('retries the refresh of certificates soon when the one at the start failed', async () => {
    let clock = now.getTime()
    const failOnce = (_request: unknown, call: number) => {
      clock += call === 1 ? 61_000 : 0
      return call === 1 ? { status: 400, body: '{}' } : list
    }
    const { wechat } = await givenWechatPay(failOnce, {
      ...options,
      now: () => new Date(clock),
      downloadCertificates: true,
      timing: { certificatesRetryMs: 1 },
    })
    await expect.poll(() => wechat.trustStore.list().length).toBeGreaterThan(0)
  })

  test('refreshes certificates again within 12 hours', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    let clock = now.getTime()
    const { wechat, received } = await givenWechatPay(() => absent, {
      ...options,
      now: () => new Date(clock),
      downloadCertificates: true,
    })
    await wechat.refreshCertificates()
    expect(received).toHaveLength(1)
    clock += 12 * 3_600_000
    vi.advanceTimersByTime(12 * 3_600_000)
    await expect.poll(() => received.length).toBe(2)
  })

  test('starts to refresh certificates in the background when the client is opened', async () => {
    const { wechat } = await givenWechatPay(() => list, { ...options, downloadCertificates: true })
    await expect.poll(() => wechat.trustStore.list().length).toBe(2)
  })
})

describe('a trust store', () => {
  test('finds a trusted key by a serial in any case, with or without leading zeros', () => {
    expect(normaliseSerial('0a1b')).toBe('A1B')
    expect(normaliseSerial('A1B')).toBe('A1B')
    expect(normaliseSerial('PUB_KEY_ID_01')).not.toBe(normaliseSerial('PUB_KEY_ID_1'))
  })

  test('names in Wechatpay-Serial the public key rather than a certificate', () => {
    const store = createTrustStore()
    const certificates = listed.certificatePems as Record<string, string>
    store.addCertificate(certificates[newSerial] ?? '')
    store.addCertificate(certificates[oldSerial] ?? '')
    expect(store.preferredId(now)).toBe(newSerial)
    store.addPublicKey({ id: 'PUB_KEY_ID_1', pem: String(vectorNamed('gen-spki-wechatpay-public-key').publicKeyPem) })
    expect(store.preferredId(now)).toBe('PUB_KEY_ID_1')
  })
})

/** The serials that are trusted after a download at `date`. */
async function keptOn(date: string): Promise<string[]> {
  const then = new Date(date)
  const offset = (then.getTime() - Date.now()) / 1000
  const { wechat } = await givenWechatPay(() => ({ ...list, clockOffset: offset }), { ...options, now: () => then })
  await downloadCertificates(wechat)
  return wechat.trustStore.list().map(({ id }) => id)
}

function vectorNamed(id: string): Vector {
  const vector = vectorFile.vectors.find((candidate) => candidate.id === id)
  if (!vector) throw new Error(`No vector ${id}`)
  return vector
}
