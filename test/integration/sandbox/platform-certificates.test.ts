import { X509Certificate } from 'node:crypto'
import type { Sandbox, SandboxOptions } from '@looklook-pay/sandbox'
import { describe, expect, it, onTestFinished } from 'vitest'
import { downloadCertificates } from '../../../src/wechat/certificates.ts'
import { openWechatPay, prepay } from '../../../src/wechat/pay.ts'
import { certificateSerial } from '../../../src/wechat/trust-store.ts'
import { merchantOf, startReceiver, startSandbox } from './merchant.ts'

const DAY_MS = 86_400_000

const start = async (options: SandboxOptions = {}) => {
  const sandbox = await startSandbox({ signedBy: 'both', ...options })
  return { sandbox, merchant: merchantOf(sandbox) }
}

describe('a platform certificate of the sandbox', () => {
  it('a platform certificate is X.509, self-signed, valid for five years, and named by its serial', async () => {
    const { sandbox, merchant } = await start()
    const [certificate, ...others] = await merchant.fetchCertificates()
    if (!certificate) throw new Error('There is no certificate')
    expect(others).toEqual([])
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.issuer).toBe(certificate.subject)
    expect(certificate.subject).toBe('O=WeChat sandbox\nCN=WeChat sandbox platform certificate')
    expect(certificate.ca).toBe(false)
    expect(certificate.publicKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048 })
    const lifeMs = certificate.validToDate.getTime() - certificate.validFromDate.getTime()
    expect(lifeMs).toBe(5 * 365 * DAY_MS)
    expect([...sandbox.ledger.platformCertificates.keys()]).toEqual([certificateSerial(certificate)])
  })

  it.each([
    ['before 2050', '2049-12-31T12:34:56Z'],
    ['from 2050 on', '2050-01-01T00:00:00Z'],
  ])('a platform certificate carries its dates when it is issued %s', async (_name, startsAt) => {
    const sandbox = await startSandbox({ now: () => new Date(startsAt) })
    const issued = new X509Certificate((await sandbox.issueCertificate(86_400)).certificate)
    expect(issued.validFromDate).toEqual(new Date(startsAt))
    expect(issued.validToDate).toEqual(new Date(Date.parse(startsAt) + DAY_MS))
  })

  it('a platform certificate carries the serial that it was issued with', async () => {
    const sandbox = await startSandbox()
    for (let round = 0; round < 8; round++) {
      const { serial, certificate } = await sandbox.issueCertificate()
      expect(serial).toMatch(/^[0-7][0-9A-F]{39}$/)
      expect(certificateSerial(new X509Certificate(certificate))).toBe(serial)
    }
  })

  it('a platform certificate gets its successor ten days before it expires, and both sign until then', async () => {
    let clock = Date.now()
    const { sandbox, merchant } = await start({ now: () => new Date(clock), signedBy: 'certificates' })
    const read = async () => {
      const timestamp = Math.floor(clock / 1000)
      const certificates = await merchant.fetchCertificates({ requestedSerial: null, timestamp })
      const signers = await Promise.all(
        [1, 2, 3, 4].map(() =>
          merchant.call('GET', '/v3/certificates', undefined, { requestedSerial: null, timestamp }),
        ),
      )
      return {
        serials: certificates.map(certificateSerial),
        signers: [...new Set(signers.map((reply) => reply.signedBy))],
      }
    }
    const first = await read()
    expect(first.serials).toHaveLength(1)
    expect(first.signers).toEqual(first.serials)
    const endsAt = [...sandbox.ledger.platformCertificates.values()][0]?.endsAt ?? 0

    clock = endsAt - 10 * DAY_MS - 1000
    expect((await read()).serials).toEqual(first.serials)
    clock = endsAt - 10 * DAY_MS
    const overlap = await read()
    expect(overlap.serials).toEqual([...first.serials, expect.any(String)])
    expect(overlap.signers.toSorted()).toEqual(overlap.serials.toSorted())
    clock = endsAt
    const last = await read()
    expect(last.serials).toEqual(overlap.serials.slice(1))
    expect(last.signers).toEqual(last.serials)
  })

  it('platform certificates are absent with signedBy public-key, and listed after a switch to both', async () => {
    const { sandbox, merchant } = await start({ signedBy: 'public-key' })
    const statusOf = async () => (await merchant.call('GET', '/v3/certificates')).status
    expect(await statusOf()).toBe(404)
    sandbox.changeSettings({ signedBy: 'both' })
    expect(await statusOf()).toBe(200)
    sandbox.changeSettings({ signedBy: 'public-key' })
    expect(await statusOf()).toBe(404)
  })
})

describe('an answer, while the public key and a certificate are both active,', () => {
  it('an answer is signed with the key that the request names, and with the certificate when it names none', async () => {
    const { sandbox, merchant } = await start()
    const [certificate] = await merchant.fetchCertificates()
    const serial = certificateSerial(certificate as X509Certificate)
    const { publicKeyId } = sandbox.credentials
    for (const [requestedSerial, signer] of [
      [publicKeyId, publicKeyId],
      [serial, serial],
      [null, serial],
    ] as const) {
      const reply = await merchant.call('GET', '/v3/certificates', undefined, { requestedSerial })
      expect(reply).toMatchObject({ isSigned: true, signedBy: signer })
    }
  })

  it('an answer is signed with the certificate, whatever the request names, before the migration begins', async () => {
    const { sandbox, merchant } = await start({ publicKeyPercent: 0 })
    const [certificate] = await merchant.fetchCertificates()
    const reply = await merchant.call('GET', '/v3/certificates', undefined, {
      requestedSerial: sandbox.credentials.publicKeyId,
    })
    expect(reply).toMatchObject({ isSigned: true, signedBy: certificateSerial(certificate as X509Certificate) })
  })

  it('a request that names an unknown or expired key is refused', async () => {
    let clock = Date.now()
    const { sandbox, merchant } = await start({ now: () => new Date(clock), signedBy: 'certificates' })
    const statusOf = async (requestedSerial: string) => {
      const timestamp = Math.floor(clock / 1000)
      return (await merchant.call('GET', '/v3/certificates', undefined, { requestedSerial, timestamp })).status
    }
    const { serial } = await sandbox.issueCertificate(60)
    expect(await statusOf(serial)).toBe(200)
    expect(await statusOf(serial.toLowerCase())).toBe(200)
    expect(await statusOf(sandbox.credentials.publicKeyId)).toBe(400)
    expect(await statusOf('5157F09EFDC096DE15EBE81A47057A7232F1B8E1')).toBe(400)
    clock += 61_000
    expect(await statusOf(serial)).toBe(400)
  })
})

/** How many of so many notices the public key signs. */
async function countPublic(sandbox: Sandbox, copies: number): Promise<number> {
  const notices = await Promise.all(Array.from({ length: copies }, () => sandbox.buildNotice('order-0001')))
  const { publicKeyId } = sandbox.credentials
  return notices.filter((notice) => notice.headers['Wechatpay-Serial'] === publicKeyId).length
}

describe('notices, while the public key and a certificate are both active,', () => {
  it.each([0, 0.1, 1, 5, 10, 20, 50, 100])('the public key signs %d of 100 notices', async (publicKeyPercent) => {
    const { sandbox, merchant } = await start({ publicKeyPercent })
    await merchant.prepay('order-0001')
    sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost' })
    sandbox.payLate('order-0001')
    const copies = publicKeyPercent < 1 ? 1000 : 100
    expect(await countPublic(sandbox, copies)).toBe((publicKeyPercent * copies) / 100)
  })

  it('the share of notices that the public key signs rises day by day, and can be reset', async () => {
    let clock = Date.now()
    const { sandbox, merchant } = await start({ now: () => new Date(clock) })
    await merchant.prepay('order-0001')
    sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost' })
    sandbox.payLate('order-0001')
    clock += 30 * DAY_MS
    sandbox.changeSettings({ publicKeyPercent: 'ramp' })
    const counts = []
    for (let day = 0; day < 8; day++) {
      counts.push(await countPublic(sandbox, 100))
      clock += DAY_MS
    }
    expect(counts.slice(1)).toEqual([1, 5, 10, 20, 50, 100, 100])
    sandbox.changeSettings({ publicKeyPercent: 0 })
    expect(await countPublic(sandbox, 100)).toBe(0)
  })

  it('a repeated notice may be signed with the other key', async () => {
    const { sandbox, merchant } = await start({ publicKeyPercent: 50 })
    await merchant.fetchCertificates()
    const receiver = await startReceiver(merchant, [500, 500, 500])
    await merchant.prepay('order-0001', { notify_url: receiver.url })
    sandbox.payLate('order-0001')
    await expect.poll(() => receiver.received).toHaveLength(4)
    expect(receiver.received.every((notice) => notice.isSigned)).toBe(true)
    expect(new Set(receiver.received.map((notice) => notice.signedBy)).size).toBe(2)
  })
})

describe('probes', () => {
  it('probes replace the signature of the configured share of answers and notices', async () => {
    const { sandbox, merchant } = await start({ signedBy: 'public-key', answerProbePercent: 25 })
    const signed = []
    for (let call = 0; call < 8; call++) signed.push((await merchant.query('order-0001')).isSigned)
    expect(signed).toEqual([true, true, true, false, true, true, true, false])

    sandbox.changeSettings({ answerProbePercent: 0, noticeProbePercent: 50 })
    const receiver = await startReceiver(merchant, [401, 401, 401])
    await merchant.prepay('order-0001', { notify_url: receiver.url })
    sandbox.payLate('order-0001')
    await expect.poll(() => receiver.received).toHaveLength(4)
    expect(receiver.received.map((notice) => notice.isSigned)).toEqual([true, false, true, false])
    expect(receiver.received[1]?.headers['wechatpay-signature']).toMatch(/^WECHATPAY\/SIGNTEST\//)
  })
})

describe('the settings', () => {
  it('settings and certificates are read and changed over HTTP', async () => {
    const { sandbox } = await start({ signedBy: 'public-key' })
    const send = async (path: string, body?: unknown) => {
      const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
      const answer = await fetch(`${sandbox.url}/sandbox/${path}`, request)
      return { status: answer.status, json: (await answer.json()) as unknown }
    }
    expect(await send('certificates')).toEqual({ status: 200, json: [] })
    expect(await send('settings', { signedBy: 'both', publicKeyPercent: 5 })).toMatchObject({ status: 200 })
    expect(await send('settings')).toEqual({ status: 200, json: sandbox.settings() })
    expect(sandbox.settings()).toMatchObject({ signedBy: 'both', publicKeyPercent: 5 })
    expect(await send('settings', { publicKeyPercent: 101 })).toMatchObject({ status: 400 })
    expect(await send('settings', { colour: 'red' })).toMatchObject({ status: 400 })
    const added = await send('certificates', { lifeSeconds: 86_400 })
    expect(added.json).toMatchObject([{ certificate: expect.stringMatching(/^-----BEGIN CERTIFICATE/) }, {}])
    expect(JSON.stringify(added.json)).not.toContain('PRIVATE KEY')
    const ledger = await fetch(`${sandbox.url}/sandbox/ledger`)
    expect(await ledger.text()).not.toContain('PRIVATE KEY')
  })
})

describe('our WeChat Pay client, with platform certificates alone,', () => {
  it('our client with platform certificates alone bootstraps from the download and follows a rotation', async () => {
    const { sandbox, merchant } = await start({ signedBy: 'certificates' })
    const { credentials, env, url } = sandbox
    expect(env).not.toHaveProperty('WECHAT_PAY_PUBLIC_KEY_ID')
    const wechat = openWechatPay(
      { ...credentials, notifyUrl: 'http://127.0.0.1:9/wechat/pay/notify', apiUrl: url, publicKey: undefined },
      { downloadCertificates: false },
    )
    onTestFinished(() => wechat.close())
    expect(await downloadCertificates(wechat)).toBe('updated')
    await prepay(wechat, JSON.stringify(merchant.prepayBody('order-0001')))
    await sandbox.issueCertificate()
    expect(await downloadCertificates(wechat)).toBe('updated')
    expect(wechat.trustStore.list()).toHaveLength(2)
  })

  it('our client finds platform certificates absent where the merchant has a public key alone', async () => {
    const { sandbox } = await start({ signedBy: 'public-key' })
    const { credentials, url } = sandbox
    const publicKey = { id: credentials.publicKeyId, pem: credentials.publicKey }
    const wechat = openWechatPay(
      { ...credentials, notifyUrl: 'http://127.0.0.1:9/wechat/pay/notify', apiUrl: url, publicKey },
      { downloadCertificates: false },
    )
    onTestFinished(() => wechat.close())
    expect(await downloadCertificates(wechat)).toBe('absent')
  })
})
