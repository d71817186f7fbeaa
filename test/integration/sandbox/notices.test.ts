import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { noticeScheduleSeconds } from '@looklook-pay/sandbox'
import { ANSWER_WITHIN_MS, post } from '@looklook-pay/sandbox/post'
import { describe, expect, it, onTestFinished } from 'vitest'
import { merchantOf, startReceiver, startSandbox } from './merchant.ts'

describe('a notice', () => {
  it('a payment notice has the documented envelope', async () => {
    const sandbox = await startSandbox()
    const merchant = merchantOf(sandbox)
    const receiver = await startReceiver(merchant)
    await merchant.prepay('order-0001', { notify_url: receiver.url })
    sandbox.payLate('order-0001')
    await expect.poll(() => receiver.received).toHaveLength(1)
    expect(receiver.received[0]?.envelope).toEqual({
      id: expect.stringMatching(/^.{1,36}$/),
      create_time: expect.stringMatching(/\+08:00$/),
      event_type: 'TRANSACTION.SUCCESS',
      resource_type: 'encrypt-resource',
      summary: '支付成功',
      resource: {
        original_type: 'transaction',
        algorithm: 'AEAD_AES_256_GCM',
        ciphertext: expect.any(String),
        associated_data: 'transaction',
        nonce: expect.stringMatching(/^[0-9A-Za-z]{12}$/),
      },
    })
    expect(receiver.received[0]?.content).toEqual((await merchant.query('order-0001')).json)
  })

  it('a notice is repeated, signed anew, until it is answered with 200 or 204', async () => {
    const sandbox = await startSandbox()
    const merchant = merchantOf(sandbox)
    const receiver = await startReceiver(merchant, [500, 401, 302, 202, 200])
    await merchant.prepay('order-0001', { notify_url: receiver.url })
    sandbox.payLate('order-0001')
    const state = () => [...sandbox.ledger.notices.values()].map((notice) => [notice.state, notice.attempts])
    await expect.poll(state).toEqual([['TAKEN', 5]])
    expect(receiver.received.every((notice) => notice.isSigned)).toBe(true)
    expect(new Set(receiver.received.map((notice) => notice.envelope.id)).size).toBe(1)
    expect(new Set(receiver.received.map((notice) => notice.headers['wechatpay-nonce'])).size).toBe(5)
  })

  it('a notice is given up after the whole schedule of 24 h 4 min', async () => {
    expect(noticeScheduleSeconds.reduce((sum, seconds) => sum + seconds, 0)).toBe(24 * 3600 + 4 * 60)
    const sandbox = await startSandbox({ noticeScheduleFactor: 0 })
    const merchant = merchantOf(sandbox)
    const receiver = await startReceiver(merchant, Array<number>(20).fill(500))
    await merchant.prepay('order-0001', { notify_url: receiver.url })
    sandbox.payLate('order-0001')
    const state = () => [...sandbox.ledger.notices.values()].map((notice) => notice.state)
    await expect.poll(state).toEqual(['GIVEN_UP'])
    expect(receiver.received).toHaveLength(16)
  })

  it('a notice is lost, forged or delivered twice at once under the fault of that name', async () => {
    const sandbox = await startSandbox()
    const merchant = merchantOf(sandbox)
    const receiver = await startReceiver(merchant, [401, 401])
    sandbox.faults.add(
      { endpoint: 'payment-notice', kind: 'lost', times: 1 },
      { endpoint: 'payment-notice', kind: 'wrong-signature', times: 1 },
      { endpoint: 'payment-notice', kind: 'signtest-signature', times: 1 },
      { endpoint: 'payment-notice', kind: 'twice', times: 1 },
    )
    await merchant.prepay('order-0001', { notify_url: receiver.url })
    sandbox.payLate('order-0001')
    await expect.poll(() => receiver.received).toHaveLength(4)
    expect(receiver.received.map((notice) => notice.isSigned)).toEqual([false, false, true, true])
    expect(receiver.received[1]?.headers['wechatpay-signature']).toMatch(/^WECHATPAY\/SIGNTEST\//)
  })

  it('a notice is sent again on demand, changed and in copies', async () => {
    const sandbox = await startSandbox()
    const merchant = merchantOf(sandbox)
    const receiver = await startReceiver(merchant)
    await merchant.prepay('order-0001', { notify_url: receiver.url })
    sandbox.payLate('order-0001')
    await expect.poll(() => receiver.received).toHaveLength(1)
    const statuses = await sandbox.sendNotice('order-0001', { copies: 3, newId: true, content: { mchid: '1' } })
    expect(statuses).toEqual([204, 204, 204])
    expect(new Set(receiver.received.map((notice) => notice.envelope.id)).size).toBe(4)
    expect(receiver.received.slice(1).map((notice) => notice.content.mchid)).toEqual(['1', '1', '1'])
    const built = await sandbox.buildNotice('order-0001')
    expect(
      merchant.readNotice(
        Object.fromEntries(Object.entries(built.headers).map(([k, v]) => [k.toLowerCase(), v])),
        built.body,
      ).isSigned,
    ).toBe(true)
    const overHttp = await fetch(`${sandbox.url}/sandbox/notices`, {
      method: 'POST',
      body: JSON.stringify({ number: 'order-0001', copies: 2 }),
    })
    expect(await overHttp.json()).toEqual({ statuses: [204, 204] })
  })
})

describe('the delivery of a notice', () => {
  it('a delivery without an answer within WeChat’s 5 s resolves with no status', async () => {
    expect(ANSWER_WITHIN_MS).toBe(5_000)
    const server = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const { signal } = new AbortController()
    expect(await post(url, { headers: {}, body: '{}', signal, withinMs: 50 })).toBeUndefined()
  })
})
