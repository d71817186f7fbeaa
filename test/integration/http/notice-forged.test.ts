import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped } from '../../harness/fixtures.ts'
import { type ForgedNotice, postNotice, sealNotice, signNotice } from '../../harness/forge.ts'
import { paidContent } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

const HOUR_SECONDS = 3600

/** How an attacker changes a valid notice before it arrives. */
const forgeries: [string, (notice: ForgedNotice) => ForgedNotice][] = [
  ...['wechatpay-serial', 'wechatpay-signature', 'wechatpay-timestamp', 'wechatpay-nonce'].map(
    (name): [string, (notice: ForgedNotice) => ForgedNotice] => [
      `is without ${name}`,
      (notice) => without(notice, name),
    ],
  ),
  [
    'names another signature type',
    (notice) => withHeader(notice, 'wechatpay-signature-type', 'WECHATPAY2-SM2-WITH-SM3'),
  ],
  ['was signed 301 s ago', (notice) => signNotice(notice.body, { ageSeconds: 302 })],
  ['was signed 301 s in the future', (notice) => signNotice(notice.body, { ageSeconds: -302 })],
  ['was signed an hour ago', (notice) => signNotice(notice.body, { ageSeconds: HOUR_SECONDS })],
  ['has a timestamp that is no number', (notice) => withHeader(notice, 'wechatpay-timestamp', 'now')],
  ['has a later timestamp than its signature', (notice) => withShiftedTimestamp(notice, 1)],
  ['has another nonce than its signature', (notice) => withHeader(notice, 'wechatpay-nonce', 'a'.repeat(32))],
  ['names an unknown serial', (notice) => withHeader(notice, 'wechatpay-serial', 'PUB_KEY_ID_0000000000000000000001')],
  ['is signed by another key under the known serial', (notice) => signNotice(notice.body, { key: anotherKey() })],
  ['has a signature that is not base64', (notice) => withHeader(notice, 'wechatpay-signature', 'not base64!')],
  ['has extra characters after its signature', (notice) => withChangedSignature(notice, (text) => `${text}AAAA`)],
  [
    'has a WECHATPAY/SIGNTEST/ signature',
    (notice) => withChangedSignature(notice, (text) => `WECHATPAY/SIGNTEST/${text}`),
  ],
  [
    'was changed in one character',
    (notice) => ({ ...notice, body: String(notice.body).replace('支付成功', '支付成功 ') }),
  ],
  [
    'has the same content in other bytes',
    (notice) => ({ ...notice, body: JSON.stringify(JSON.parse(String(notice.body)), null, 1) }),
  ],
  ['is empty', (notice) => ({ ...notice, body: '' })],
]

function without(notice: ForgedNotice, name: string): ForgedNotice {
  const { [name]: _gone, ...headers } = notice.headers
  return { ...notice, headers }
}

function withHeader(notice: ForgedNotice, name: string, value: string): ForgedNotice {
  return { ...notice, headers: { ...notice.headers, [name]: value } }
}

function withShiftedTimestamp(notice: ForgedNotice, seconds: number): ForgedNotice {
  return withHeader(notice, 'wechatpay-timestamp', String(Number(notice.headers['wechatpay-timestamp']) + seconds))
}

function withChangedSignature(notice: ForgedNotice, change: (signature: string) => string): ForgedNotice {
  return withHeader(notice, 'wechatpay-signature', change(notice.headers['wechatpay-signature'] ?? ''))
}

function anotherKey() {
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

    const response = await postNotice(app, forge(notice))

    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ code: 'FAIL', message: expect.any(String) })
    expect(await snapshotOf(app.deps, order.sn)).toEqual(before)
    expect(await app.deps.db.paymentMismatch.count()).toBe(0)
  })

  test('accepts an unchanged notice within five minutes of its signing', async ({ app }) => {
    const { order, notice } = await givenValidNotice(app)
    const delayed = signNotice(notice.body, { ageSeconds: 298 })
    const ahead = signNotice(notice.body, { ageSeconds: -298 })

    expect([(await postNotice(app, delayed)).status, (await postNotice(app, ahead)).status]).toEqual([204, 204])
    expect((await snapshotOf(app.deps, order.sn)).payments).toMatchObject([{ status: 'SUCCESS', version: 2 }])
  })

  test('accepts a notice that names no signature type', async ({ app }) => {
    const { notice } = await givenValidNotice(app)

    expect((await postNotice(app, without(notice, 'wechatpay-signature-type'))).status).toBe(204)
  })

  test('accepts a notice that is replayed within five minutes, and changes nothing', async ({ app }) => {
    const { order, notice } = await givenValidNotice(app)
    await postNotice(app, notice)
    const once = await snapshotOf(app.deps, order.sn)

    expect((await postNotice(app, notice)).status).toBe(204)
    expect(await snapshotOf(app.deps, order.sn)).toEqual(once)
  })
})
