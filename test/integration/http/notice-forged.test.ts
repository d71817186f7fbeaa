import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped } from '../../harness/fixtures.ts'
import { type ForgedNotice, postNotice, sealNotice, signNotice } from '../../harness/forge.ts'
import { paidContent } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

const HOUR_SECONDS = 3600

/** What somebody does to a good notice, before it arrives. */
const forgeries: [string, (good: ForgedNotice) => ForgedNotice][] = [
  ...['wechatpay-serial', 'wechatpay-signature', 'wechatpay-timestamp', 'wechatpay-nonce'].map(
    (name): [string, (good: ForgedNotice) => ForgedNotice] => [`is without ${name}`, (good) => without(good, name)],
  ),
  [
    'names another type of signature',
    (good) => withHeader(good, 'wechatpay-signature-type', 'WECHATPAY2-SM2-WITH-SM3'),
  ],
  ['was signed 301 s ago', (good) => signNotice(good.body, { ageSeconds: 302 })],
  ['was signed 301 s ahead of us', (good) => signNotice(good.body, { ageSeconds: -302 })],
  ['was taken an hour ago', (good) => signNotice(good.body, { ageSeconds: HOUR_SECONDS })],
  ['has a time that is no number', (good) => withHeader(good, 'wechatpay-timestamp', 'now')],
  ['has a fresher time than its signature', (good) => shifted(good, 1)],
  ['has another nonce than its signature', (good) => withHeader(good, 'wechatpay-nonce', 'a'.repeat(32))],
  [
    'names a key that we do not know',
    (good) => withHeader(good, 'wechatpay-serial', 'PUB_KEY_ID_0000000000000000000001'),
  ],
  ['is signed by another key under the known name', (good) => signNotice(good.body, { key: strangersKey() })],
  ['has a signature that is not base64', (good) => withHeader(good, 'wechatpay-signature', 'not base64!')],
  ['has a signature with something behind it', (good) => changedSignature(good, (text) => `${text}AAAA`)],
  ['is a probe of WeChat’s', (good) => changedSignature(good, (text) => `WECHATPAY/SIGNTEST/${text}`)],
  ['was changed in one character', (good) => ({ ...good, body: String(good.body).replace('支付成功', '支付成功 ') })],
  [
    'was written anew with the same content',
    (good) => ({ ...good, body: JSON.stringify(JSON.parse(String(good.body)), null, 1) }),
  ],
  ['is empty', (good) => ({ ...good, body: '' })],
]

function without(good: ForgedNotice, name: string): ForgedNotice {
  const { [name]: _gone, ...headers } = good.headers
  return { ...good, headers }
}

function withHeader(good: ForgedNotice, name: string, value: string): ForgedNotice {
  return { ...good, headers: { ...good.headers, [name]: value } }
}

function shifted(good: ForgedNotice, seconds: number): ForgedNotice {
  return withHeader(good, 'wechatpay-timestamp', String(Number(good.headers['wechatpay-timestamp']) + seconds))
}

function changedSignature(good: ForgedNotice, change: (signature: string) => string): ForgedNotice {
  return withHeader(good, 'wechatpay-signature', change(good.headers['wechatpay-signature'] ?? ''))
}

function strangersKey() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}

async function givenGoodNotice(app: TestApp) {
  const tapped = await freshTapped(app)
  return { ...tapped, good: signNotice(sealNotice(paidContent(tapped.payment))) }
}

describe('a notice that', () => {
  test.for(forgeries)('%s is refused with 401 and changes nothing', async ([, forge], { app }) => {
    const { order, good } = await givenGoodNotice(app)
    const before = await snapshotOf(app.deps, order.sn)

    const response = await postNotice(app, forge(good))

    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ code: 'FAIL', message: expect.any(String) })
    expect(await snapshotOf(app.deps, order.sn)).toEqual(before)
    expect(await app.deps.db.paymentMismatch.count()).toBe(0)
  })

  test('nobody touched is taken, within five minutes of its signing', async ({ app }) => {
    const { order, good } = await givenGoodNotice(app)
    const delayed = signNotice(good.body, { ageSeconds: 298 })
    const ahead = signNotice(good.body, { ageSeconds: -298 })

    expect([(await postNotice(app, delayed)).status, (await postNotice(app, ahead)).status]).toEqual([204, 204])
    expect((await snapshotOf(app.deps, order.sn)).payments).toMatchObject([{ status: 'SUCCESS', version: 2 }])
  })

  test('names its type of signature nowhere is taken', async ({ app }) => {
    const { good } = await givenGoodNotice(app)

    expect((await postNotice(app, without(good, 'wechatpay-signature-type'))).status).toBe(204)
  })

  test('is replayed within five minutes is taken, and changes nothing', async ({ app }) => {
    const { order, good } = await givenGoodNotice(app)
    await postNotice(app, good)
    const once = await snapshotOf(app.deps, order.sn)

    expect((await postNotice(app, good)).status).toBe(204)
    expect(await snapshotOf(app.deps, order.sn)).toEqual(once)
  })
})
