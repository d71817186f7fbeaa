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
  test('prove themselves by the APIv3 key, and sign what brings them', async () => {
    const { wechat } = await givenWechatPay(() => list, options)
    expect(await downloadCertificates(wechat)).toBe('updated')
    expect(wechat.trustStore.list().map(({ id }) => id)).toEqual([oldSerial, newSerial])
  })

  test('are not taken from an answer that nobody signed', async () => {
    const { wechat } = await givenWechatPay(() => ({ ...list, signedBy: 'nobody' }), options)
    await expect(downloadCertificates(wechat)).rejects.toMatchObject({ outcomeUnknown: true })
    expect(wechat.trustStore.list()).toHaveLength(0)
  })

  test('are not taken under another APIv3 key', async () => {
    const config = { ...options.config, apiV3Key: 'AnotherFixtureApiV3Key32bytesXYZ' }
    const { wechat } = await givenWechatPay(() => list, { ...options, config })
    await expect(downloadCertificates(wechat)).rejects.toMatchObject({ name: 'CipherError' })
  })

  test('are taken under the previous APIv3 key', async () => {
    const config = {
      ...options.config,
      apiV3Key: 'AnotherFixtureApiV3Key32bytesXYZ',
      apiV3KeyPrevious: String(listed.key),
    }
    const { wechat } = await givenWechatPay(() => list, { ...options, config })
    expect(await downloadCertificates(wechat)).toBe('updated')
  })

  test('are refused together when one is not what its serial says', async () => {
    const body = JSON.stringify(vectorNamed('gen-certificates-serial-mismatch').response)
    const { wechat } = await givenWechatPay(() => ({ ...list, body }), options)
    await expect(downloadCertificates(wechat)).rejects.toMatchObject({ name: 'WechatKeyError' })
    expect(wechat.trustStore.list()).toHaveLength(0)
  })

  test('do not exist for some merchants, which is no failure', async () => {
    const { wechat } = await givenWechatPay(() => absent, { now: () => now })
    expect(await downloadCertificates(wechat)).toBe('absent')
  })

  test('are kept through the day on which they end, and then forgotten', async () => {
    expect(await keptOn('2026-06-01T23:59:00Z')).toEqual([oldSerial, newSerial])
    expect(await keptOn('2026-06-02T00:01:00Z')).toEqual([newSerial])
  })
})

describe('a client whose only certificate has ended', () => {
  const beforeEnd = new Date('2026-05-31T23:00:00Z')
  const dayAfterEnd = new Date('2026-06-02T00:01:00Z')
  const oldPem = (listed.certificatePems as Record<string, string>)[oldSerial] ?? ''

  /** WeChat Pay refuses requests that name a key which it doesn't sign with. */
  async function givenEnded(at: Date, answer: Handler) {
    const clock = { now: beforeEnd }
    const { wechat, received } = await givenWechatPay(
      (request, call) => {
        const asked = request.headers['wechatpay-serial']
        if (asked === oldSerial && clock.now > beforeEnd) return { status: 400, body: '{"code":"PARAM_ERROR"}' }
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

  test.each([now, dayAfterEnd])('names it no more, and finds the new one by itself: %s', async (at) => {
    const { wechat, received } = await givenEnded(at, answers)
    expect(await queryByOutTradeNo(wechat, order)).toMatchObject({ tradeState: 'SUCCESS' })
    expect(received.map(({ headers }) => headers['wechatpay-serial'])).toEqual([undefined, undefined])
    expect(wechat.trustStore.preferredId(at)).toBe(newSerial)
  })

  test('encrypts nothing with it', async () => {
    const { wechat } = await givenEnded(now, answers)
    expect(encryptForWechat(wechat, '张三')).toBeUndefined()
  })

  test('believes nothing by it a day later, even while none can be downloaded', async () => {
    const { wechat } = await givenEnded(dayAfterEnd, () => ({ status: 400, body: '{"code":"PARAM_ERROR"}' }))
    await wechat.refreshCertificates()
    expect(wechat.trustStore.find(oldSerial, dayAfterEnd)).toBeUndefined()
  })

  test('forgets it a day later, also when the merchant has none any more', async () => {
    const { wechat } = await givenEnded(dayAfterEnd, () => absent)
    expect(await downloadCertificates(wechat)).toBe('absent')
    expect(wechat.trustStore.list()).toEqual([])
  })
})

describe('a client without any key of WeChat Pay’s', () => {
  test('downloads certificates when the first answer needs them, and believes that answer', async () => {
    const { wechat, received } = await givenWechatPay(answers, options)
    expect(await queryByOutTradeNo(wechat, order)).toMatchObject({ tradeState: 'SUCCESS' })
    expect(received.map(({ path }) => path.slice(0, 16))).toEqual(['/v3/pay/transact', '/v3/certificates'])
    expect(received[0]?.headers).not.toHaveProperty('wechatpay-serial')
  })

  test('asks for replies under the certificate that lasts longest', async () => {
    const { wechat, received } = await givenWechatPay(answers, options)
    await downloadCertificates(wechat)
    await queryByOutTradeNo(wechat, order)
    expect(received[1]?.headers['wechatpay-serial']).toBe(newSerial)
  })
})

describe('a refresh of the certificates', () => {
  test('is one call, however many ask at once and within a minute', async () => {
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

  test('is not begun again while it goes on', async () => {
    let clock = now.getTime()
    const { wechat } = await givenWechatPay(() => 'hang', { ...options, now: () => new Date(clock) })
    const first = wechat.refreshCertificates()
    clock += 61_000
    expect(wechat.refreshCertificates()).toBe(first)
    await wechat.close()
  })

  test('that fails is logged and throws nothing', async () => {
    const lines: string[] = []
    const log = pino({}, { write: (line) => void lines.push(line) })
    const { wechat } = await givenWechatPay(() => ({ status: 400, body: '{"code":"PARAM_ERROR"}' }), {
      ...options,
      log,
    })
    await expect(wechat.refreshCertificates()).resolves.toBeUndefined()
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/PARAM_ERROR/)
  })

  test('is tried again soon when the one at the start failed', async () => {
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

  test('is made again within 12 hours', async () => {
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

  test('begins in the background when the client is opened', async () => {
    const { wechat } = await givenWechatPay(() => list, { ...options, downloadCertificates: true })
    await expect.poll(() => wechat.trustStore.list().length).toBe(2)
  })
})

describe('a trust store', () => {
  test('knows a serial in any case and without leading zeros', () => {
    expect(normaliseSerial('0a1b')).toBe('A1B')
    expect(normaliseSerial('A1B')).toBe('A1B')
    expect(normaliseSerial('PUB_KEY_ID_01')).not.toBe(normaliseSerial('PUB_KEY_ID_1'))
  })

  test('asks for the public key rather than for a certificate', () => {
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
