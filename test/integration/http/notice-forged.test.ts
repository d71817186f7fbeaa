import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped } from '../../harness/fixtures.ts'
import { type ForgedNotice, postNotice, sealNotice, signNotice } from '../../harness/forge.ts'
import { paidContent } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

const HOUR_SECONDS = 3600

/** How an attacker changes a valid notice before it arrives. */
const forgeries: [string, (valid: ForgedNotice) => ForgedNotice][] = [
  ...['wechatpay-serial', 'wechatpay-signature', 'wechatpay-timestamp', 'wechatpay-nonce'].map(
    (name): [string, (valid: ForgedNotice) => ForgedNotice] => [`is without ${name}`, (valid) => without(valid, name)],
  ),
  ['names another signature type', (valid) => withHeader(valid, 'wechatpay-signature-type', 'WECHATPAY2-SM2-WITH-SM3')],
  ['was signed 301 s ago', (valid) => signNotice(valid.body, { ageSeconds: 302 })],
  ['was signed 301 s in the future', (valid) => signNotice(valid.body, { ageSeconds: -302 })],
  ['was signed an hour ago', (valid) => signNotice(valid.body, { ageSeconds: HOUR_SECONDS })],
  ['has a timestamp that is no number', (valid) => withHeader(valid, 'wechatpay-timestamp', 'now')],
  ['has a later timestamp than its signature', (valid) => shifted(valid, 1)],
  ['has another nonce than its signature', (valid) => withHeader(valid, 'wechatpay-nonce', 'a'.repeat(32))],
  ['names an unknown serial', (valid) => withHeader(valid, 'wechatpay-serial', 'PUB_KEY_ID_0000000000000000000001')],
  ['is signed by another key under the known serial', (valid) => signNotice(valid.body, { key: strangersKey() })],
  ['has a signature that is not base64', (valid) => withHeader(valid, 'wechatpay-signature', 'not base64!')],
  ['has extra characters after its signature', (valid) => changedSignature(valid, (text) => `${text}AAAA`)],
  ['has a WECHATPAY/SIGNTEST/ signature', (valid) => changedSignature(valid, (text) => `WECHATPAY/SIGNTEST/${text}`)],
  [
    'was changed in one character',
    (valid) => ({ ...valid, body: String(valid.body).replace('支付成功', '支付成功 ') }),
  ],
  [
    'has the same content in other bytes',
    (valid) => ({ ...valid, body: JSON.stringify(JSON.parse(String(valid.body)), null, 1) }),
  ],
  ['is empty', (valid) => ({ ...valid, body: '' })],
]

function without(valid: ForgedNotice, name: string): ForgedNotice {
  const { [name]: _gone, ...headers } = valid.headers
  return { ...valid, headers }
}

function withHeader(valid: ForgedNotice, name: string, value: string): ForgedNotice {
  return { ...valid, headers: { ...valid.headers, [name]: value } }
}

function shifted(valid: ForgedNotice, seconds: number): ForgedNotice {
  return withHeader(valid, 'wechatpay-timestamp', String(Number(valid.headers['wechatpay-timestamp']) + seconds))
}

function changedSignature(valid: ForgedNotice, change: (signature: string) => string): ForgedNotice {
  return withHeader(valid, 'wechatpay-signature', change(valid.headers['wechatpay-signature'] ?? ''))
}

function strangersKey() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}

async function givenValidNotice(app: TestApp) {
  const tapped = await freshTapped(app)
  return { ...tapped, notice: signNotice(sealNotice(paidContent(tapped.payment))) }
}

describe('forged notices', () => {
  test.for(forgeries)('refuses with 401 a notice that %s, and changes nothing', async ([, forge], { app }) => {
    const { order, notice } = await givenValidNotice(app)
    const before = await snapshotOf(app.deps, order.sn)

    const response = await postNotice(app, forge(valid))

    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ code: 'FAIL', message: expect.any(String) })
    expect(await snapshotOf(app.deps, order.sn)).toEqual(before)
    expect(await app.deps.db.paymentMismatch.count()).toBe(0)
  })

  test('takes an unchanged notice within five minutes of its signing', async ({ app }) => {
    const { order, notice } = await givenValidNotice(app)
    const delayed = signNotice(valid.body, { ageSeconds: 298 })
    const ahead = signNotice(valid.body, { ageSeconds: -298 })

    expect([(await postNotice(app, delayed)).status, (await postNotice(app, ahead)).status]).toEqual([204, 204])
    expect((await snapshotOf(app.deps, order.sn)).payments).toMatchObject([{ status: 'SUCCESS', version: 2 }])
  })

  test('takes a notice that names no signature type', async ({ app }) => {
    const { notice } = await givenValidNotice(app)

    expect((await postNotice(app, without(valid, 'wechatpay-signature-type'))).status).toBe(204)
  })

  test('takes a notice that is replayed within five minutes, and changes nothing', async ({ app }) => {
    const { order, notice } = await givenValidNotice(app)
    await postNotice(app, notice)
    const once = await snapshotOf(app.deps, order.sn)

    expect((await postNotice(app, notice)).status).toBe(204)
    expect(await snapshotOf(app.deps, order.sn)).toEqual(once)
  })
})
