import { onTestFinished } from 'vitest'
import type { WechatPay } from '../../../src/wechat/merchant.ts'
import { openWechatPay } from '../../../src/wechat/pay.ts'
import { vectorFile } from '../../conformance/wechat/vectors.ts'
import { describe, expect, openTestApp, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, paymentOf } from '../../harness/fixtures.ts'
import { type ForgedNotice, postNotice } from '../../harness/forge.ts'
import { givenWechatPay, type Handler } from '../../unit/wechat/fake-wechat.ts'

const unknown = vectorFile.vectors.find(({ id }) => id === 'gen-notify-neg-unknown-serial')
const bogus = { headers: unknown?.headers, body: unknown?.rawBody } as ForgedNotice
const signedAtMs = Number(unknown?.now) * 1000

/** Replaces the app's WeChat client, by one whose clock the test sets. */
function replaceWechat(app: TestApp, wechat: WechatPay): void {
  Object.assign(app.deps, { wechat })
}

/** A WeChat that answers certificate downloads by `handler`, with its clock at the time when the vector was signed. */
async function givenDownloads(app: TestApp, handler: Handler) {
  const clock = { ms: signedAtMs }
  const timing = { totalMs: 600_000 }
  const { wechat, received } = await givenWechatPay(handler, { now: () => new Date(clock.ms), timing })
  replaceWechat(app, wechat)
  return { clock, received, post: async () => (await postNotice(app, bogus)).status }
}

describe('a notice with an unknown serial', () => {
  test('refuses a notice with an unknown serial before the download that it starts is answered', async ({ app }) => {
    const { received, post } = await givenDownloads(app, () => 'hang')

    expect(await post()).toBe(401)
    await expect.poll(() => received.map(({ path }) => path)).toEqual(['/v3/certificates'])
  })

  test('starts at most one certificate download a minute for notices with an unknown serial', async ({ app }) => {
    const { clock, received, post } = await givenDownloads(app, () => ({
      status: 404,
      body: '{"code":"RESOURCE_NOT_EXISTS"}',
    }))

    expect(await Promise.all(Array.from({ length: 10 }, post))).toEqual(Array.from({ length: 10 }, () => 401))
    await expect.poll(() => received.length).toBe(1)
    await app.deps.wechat.refreshCertificates()
    clock.ms += 59_000
    expect(await post()).toBe(401)
    await app.deps.wechat.refreshCertificates()
    expect(received).toHaveLength(1)

    clock.ms += 1_000
    expect(await post()).toBe(401)
    await expect.poll(() => received.length).toBe(2)
  })
})

describe('a notice signed by a new platform certificate', () => {
  test('refuses the first notice signed by a new platform certificate, and accepts its repeat', async () => {
    const app = await openTestApp({}, { signedBy: 'certificates' })
    onTestFinished(() => app.close())
    let aheadMs = 0
    const now = () => new Date(Date.now() + aheadMs)
    const wechat = openWechatPay(app.deps.config.wechat.pay, { downloadCertificates: false, now })
    onTestFinished(() => wechat.close())
    replaceWechat(app, wechat)
    await wechat.refreshCertificates()
    const { payment } = await freshTapped(app)

    const known = new Set(wechat.trustStore.list().map(({ id }) => id))
    await app.sandbox.issueCertificate()
    aheadMs = 61_000
    app.sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost' })
    app.sandbox.payLate(payment.sn)
    const built = [await app.sandbox.buildNotice(payment.sn), await app.sandbox.buildNotice(payment.sn)]
    const notice = built.find(({ headers }) => !known.has(headers['Wechatpay-Serial'] ?? ''))
    if (!notice) throw new Error('both are signed by the old certificate')

    expect((await postNotice(app, notice)).status).toBe(401)
    await expect.poll(() => wechat.trustStore.list().length).toBe(2)
    expect((await postNotice(app, notice)).status).toBe(204)
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS' })
  })
})
