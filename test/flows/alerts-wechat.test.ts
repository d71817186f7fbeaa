import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { describe } from 'vitest'
import { expect } from '../harness/app.ts'
import { confirm, stateOf, tap, whenOrderIs } from '../harness/deployment.ts'
import { sealNotice, signNotice } from '../harness/forge.ts'
import { AT_THE_TERMINAL, canOperate, type Operated, testOperated } from '../harness/operated.ts'
import { examine } from '../harness/operated-doctor.ts'
import { givenPaid, givenTapped } from '../harness/operated-guests.ts'
import { expectActs, expectNobodyWaits } from '../harness/operated-trail.ts'
import { AT_THE_CONSOLE } from '../harness/operator-desk.ts'
import { sendOperation, UNHURRIED } from '../harness/processes.ts'
import { failing, ok, openReceiver } from '../harness/webhook-endpoint.ts'

/** By how much our clock is ahead of WeChat's. */
let aheadMs = 0

const test = testOperated(
  {
    ORDER_UPLOAD_SHIPPING: 'true',
    WEBHOOK_ALLOW_PRIVATE: 'true',
    // What a notice says nobody else finds out.
    PAYMENT_RECHECK_SECONDS: '86400',
  },
  { now: () => new Date(Date.now() - aheadMs), tradeManaged: true },
)

/** The private key of another merchant's certificate. */
function anotherKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** A guest who was told that trying again doesn't help taps once more, and pays. */
async function expectPays(operated: Operated, guest: Awaited<ReturnType<typeof givenTapped>>): Promise<void> {
  const params = await tap(operated.url, guest)
  await confirm(operated.sandbox, { ...guest, params })
  await whenOrderIs('WAIT_USE', operated.url, guest)
}

/** The order of a guest whose entry code the host has redeemed. */
async function givenRedeemed(operated: Operated): Promise<string> {
  const { url } = operated
  const guest = await givenPaid(operated)
  const { tradeCode } = await stateOf(url, guest)
  const login = 'mutation { wxLogin(input: { code: "code-o_demo_host" }) { ... on Session { accessToken } } }'
  const { wxLogin } = await sendOperation<{ wxLogin: { accessToken: string } }>(url, login)
  const redeem = `mutation ($code: String!) {
    redeemTradeCode(input: { tradeCode: $code }) { ... on HomestayOrder { tradeState } ... on Error { message } }
  }`
  expect(await sendOperation(url, redeem, { code: tradeCode }, wxLogin.accessToken)).toEqual({
    redeemTradeCode: { tradeState: 'USED' },
  })
  return guest.orderSn
}

/** The hour until shipping info is tried again by itself lasts until an operator comes. */
async function postponeShipping({ sql }: Operated, count: number): Promise<void> {
  const waiting = "FROM pgboss.job WHERE name = 'upload-shipping' AND state = 'retry'"
  await expect.poll(() => sql(`SELECT id ${waiting}`), UNHURRIED).toHaveLength(count)
  await sql(`UPDATE pgboss.job SET start_after = now() + interval '1 hour' WHERE id IN (SELECT id ${waiting})`)
}

/** WeChat tells the merchant that a guest complains. @returns the notice's id. */
async function sendComplaint({ url }: Operated): Promise<string> {
  const noticeId = randomUUID()
  const content = { complaint_id: '200201820200101080076610000', action_type: 'CREATE_COMPLAINT' }
  const { headers, body } = signNotice(sealNotice(content, { noticeId, eventType: 'COMPLAINT.CREATE' }))
  const { status } = await fetch(`${url}/wechat/pay/notify`, { method: 'POST', headers, body: String(body) })
  expect(status).toBe(204)
  return noticeId
}

describe('an operator who gets an alert', { skip: !canOperate() }, () => {
  test('wechat-refused: corrects the merchant’s key, and guests can pay', async ({ operated }) => {
    const { raised, renewApi, renewConsole } = operated
    const mistake = { WECHAT_PAY_MCH_PRIVATE_KEY: anotherKey() }
    await Promise.all([renewApi(mistake), renewConsole(mistake)])
    const guest = await givenTapped(operated)
    expect(guest.params).toMatchObject({ code: 'WECHAT_UNAVAILABLE' })
    const alert = await raised('wechat-refused', 'POST /v3/pay/transactions/jsapi')
    expect(alert).toMatchObject({ code: 'SIGN_ERROR', remedy: expect.stringContaining('WECHAT_PAY_MCH_PRIVATE_KEY') })

    expect(await examine(operated, mistake)).toEqual([
      expect.stringMatching(/^signature: WECHAT_PAY_MCH_CERT_SERIAL must be the serial/),
    ])
    await Promise.all([renewApi(), renewConsole()])
    expect(await examine(operated)).toEqual([])
    await expectPays(operated, guest)
  })

  test('clock: sets the machine’s clock, and guests can pay', async ({ operated }) => {
    const { raised } = operated
    aheadMs = 400_000
    const guest = await givenTapped(operated)
    expect(guest.params).toMatchObject({ code: 'WECHAT_UNAVAILABLE' })
    expect(await raised('clock')).toMatchObject({ skewSeconds: expect.closeTo(400, -2) })

    expect(await examine(operated)).toEqual(['clock: set this machine’s clock by NTP'])
    aheadMs = 0
    expect(await examine(operated)).toEqual([])
    await expectPays(operated, guest)
  })

  test('notice-key: corrects the APIv3 key, and the repeated notice pays the order', async ({ operated }) => {
    const { sandbox, url, raised, renewApi } = operated
    await renewApi({ WECHAT_PAY_API_V3_KEY: 'x'.repeat(32) })
    const guest = await givenTapped(operated)
    await confirm(sandbox, guest)
    await raised('notice-key')

    await renewApi()
    expect(await examine(operated)).toEqual([])
    await whenOrderIs('WAIT_USE', url, guest)
  })

  test('message: names the template that fits, and the message is sent', async ({ operated }) => {
    const { sandbox, sql, raised, renewWorker, renewConsole } = operated
    const { templates } = sandbox.credentials
    const other = sandbox.addTemplate(['character_string6', 'thing1', 'amount2', 'time4', 'time5', 'thing9'])
    const mistake = { WECHAT_TEMPLATE_ORDER_PAID: other }
    await Promise.all([renewWorker(mistake), renewConsole(mistake)])
    const guest = await givenPaid(operated)
    await raised('message', 'ORDER_PAID')

    expect(await examine(operated, mistake)).toEqual([
      'WECHAT_TEMPLATE_ORDER_PAID: choose a template with 5 keys in the mini-program console, and set WECHAT_TEMPLATE_ORDER_PAID to it',
    ])
    await Promise.all([renewWorker(), renewConsole()])
    expect(await examine(operated)).toEqual([])
    // The hour until it is tried again is over.
    await sql(`UPDATE message SET "nextTryAt" = now() WHERE "paymentSn" = $1`, [guest.params.paymentSn])
    const sent = () => sandbox.messages(guest.openid).filter(({ templateId }) => templateId === templates.orderPaid)
    await expect.poll(() => sent().length, UNHURRIED).toBe(1)
  })

  test('shipping: has it reported again once WeChat takes it', async ({ operated }) => {
    const { sandbox, sql, act, desk, raised } = operated
    sandbox.faults.add({ endpoint: 'upload-shipping-info', kind: 'errcode', errcode: 10060014 })
    const [one, other] = [await givenRedeemed(operated), await givenRedeemed(operated)]
    await raised('shipping', one)
    await raised('shipping', other)
    await postponeShipping(operated, 2)
    sandbox.faults.clear('upload-shipping-info')

    const done = await act(['orders', 'ship', one], 'the mini-program’s category is approved')
    expect(done.done).toContain(one)
    const { page, open, act: actInConsole } = await desk()
    await open(`find/${other}`)
    const button = page.getByRole('button', { name: 'Report now' })
    await actInConsole(button, { reason: 'approved' })
    await button.waitFor({ state: 'detached' })

    const shipped = 'SELECT sn FROM homestay_order WHERE "shippedAt" IS NOT NULL'
    expect((await sql<{ sn: string }>(shipped)).map(({ sn }) => sn).toSorted()).toEqual([one, other].toSorted())
    await expectActs(operated, {
      byCommand: { number: one, action: 'orders ship', reason: 'the mini-program’s category is approved' },
      byConsole: { number: other, action: 'orders ship', reason: 'approved' },
    })
  })

  test('webhook: enables the endpoint again, and sends it what it has missed', async ({ operated }) => {
    const { adminJson, sql, act, desk, raised } = operated
    const { page, open, act: actInConsole } = await desk()
    const [one, other] = [await openReceiver(), await openReceiver()]
    for (const receiver of [one, other]) receiver.answer = failing(410)
    type Added = { endpoint: { id: string } }
    const id = (await adminJson<Added>('webhook', 'add', one.url, '--types', 'payment.succeeded')).endpoint.id
    await open('events')
    const fields = { url: other.url, types: 'payment.succeeded' }
    const adding = page.getByRole('button', { name: 'Add an endpoint' })
    const { done: added } = await actInConsole(adding, { reason: 'they want to hear it too', fields })
    const otherId = /\bwe_\w+/.exec(added)?.[0] ?? added
    const since = new Date().toISOString()
    const guests = [await givenPaid(operated)]
    await raised('webhook', id)
    await raised('webhook', otherId)
    guests.push(await givenPaid(operated))
    const until = new Date(Date.now() + 60_000).toISOString()

    for (const receiver of [one, other]) receiver.answer = ok
    await act(['webhook', 'enable', id], 'their office has moved')
    await act(['webhook', 'replay', id, '--since', since, '--until', until], 'what they have missed')
    await open('events')
    const shown = page.locator('#webhooks .case', { hasText: other.url })
    await actInConsole(shown.getByRole('button', { name: 'Enable' }), { reason: 'they are back' })
    const span = shown.getByRole('button', { name: 'Send a span again' })
    await actInConsole(span, { reason: 'what they have missed', fields: { since, until } })

    const missed = guests.map(({ params }) => params.paymentSn).toSorted()
    for (const { events } of [one, other]) {
      await expect
        .poll(() => [...new Set(events.map(({ paymentSn }) => paymentSn))].toSorted(), UNHURRIED)
        .toEqual(missed)
    }
    const acts = `SELECT action, reason FROM operator_act WHERE number = $1 AND operator = $2 ORDER BY at`
    expect(await sql(acts, [id, AT_THE_TERMINAL])).toEqual([
      { action: 'webhook enable', reason: 'their office has moved' },
      { action: 'webhook replay', reason: 'what they have missed' },
    ])
    expect(await sql(acts, [otherId, AT_THE_CONSOLE])).toEqual([
      { action: 'webhook add', reason: 'they want to hear it too' },
      { action: 'webhook enable', reason: 'they are back' },
      { action: 'webhook replay', reason: 'what they have missed' },
    ])
  })

  test('notice: deals with the complaint on the merchant platform, and dismisses it', async ({ operated }) => {
    const { adminJson, act, desk, raised } = operated
    const [one, other] = [await sendComplaint(operated), await sendComplaint(operated)]
    expect(await raised('notice', one)).toMatchObject({ eventType: 'COMPLAINT.CREATE' })
    await raised('notice', other)

    const { mismatches } = await adminJson<{ mismatches: { id: string; number: string }[] }>('review', 'list')
    const id = mismatches.find(({ number }) => number === one)?.id ?? ''
    await act(['review', 'dismiss', id], 'the guest has the key now')
    const { page, open, act: actInConsole } = await desk()
    await open('decide')
    const shown = page.locator('#mismatches .case', { hasText: other })
    await actInConsole(shown.getByRole('button', { name: 'Dismiss' }), { reason: 'answered' })

    await expectNobodyWaits(operated, [one, other])
    await expectActs(operated, {
      byCommand: { number: one, action: 'review dismiss', reason: 'the guest has the key now' },
      byConsole: { number: other, action: 'review dismiss', reason: 'answered' },
    })
  })
})
