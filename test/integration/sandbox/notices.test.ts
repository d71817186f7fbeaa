import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { noticeScheduleSeconds } from '@looklook-pay/sandbox'
import { ANSWER_WITHIN_MS, post } from '@looklook-pay/sandbox/post'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CipherError } from '../../../src/wechat/errors.ts'
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

  it('a notice that is due is sent soon after the clock was put forward, as when a laptop wakes', async () => {
    let aheadMs = 0
    const sandbox = await startSandbox({ noticeScheduleFactor: 1_000, now: () => new Date(Date.now() + aheadMs) })
    const merchant = merchantOf(sandbox)
    const receiver = await startReceiver(merchant, [500, 200])
    await merchant.prepay('order-0001', { notify_url: receiver.url })
    sandbox.payLate('order-0001')
    const state = () => [...sandbox.ledger.notices.values()].map((notice) => [notice.state, notice.attempts])
    await expect.poll(state).toEqual([['WAITING', 1]])
    aheadMs = 15_000 * 1_000
    await expect.poll(state).toEqual([['TAKEN', 2]])
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

  it('a notice comes in many copies at once, or late, under the fault of that name', async () => {
    const sandbox = await startSandbox()
    const merchant = merchantOf(sandbox)
    const receiver = await startReceiver(merchant)
    sandbox.faults.add(
      { endpoint: 'payment-notice', kind: 'storm', copies: 20, match: 'order-0001' },
      { endpoint: 'payment-notice', kind: 'late', delayMs: 300, match: 'order-0002' },
    )
    await merchant.prepay('order-0001', { notify_url: receiver.url })
    await merchant.prepay('order-0002', { notify_url: receiver.url })
    sandbox.payLate('order-0002')
    const paidAt = Date.now()
    sandbox.payLate('order-0001')
    await expect.poll(() => receiver.received).toHaveLength(21)
    const late = receiver.received.find(({ content }) => content.out_trade_no === 'order-0002')
    expect(late?.receivedAt).toBeGreaterThanOrEqual(paidAt + 290)
    expect(new Set(receiver.received.map(({ envelope }) => envelope.id)).size).toBe(2)
    const [notice] = sandbox.ledger.notices.values()
    await expect.poll(() => sandbox.ledger.notices.get(notice?.noticeId ?? '')?.takenAt).toBeGreaterThan(paidAt)
  })

  it('a notice with wrong content can’t be opened by its merchant’s key, and comes again', async () => {
    const sandbox = await startSandbox()
    const merchant = merchantOf(sandbox)
    const failures: unknown[] = []
    const readNotice: typeof merchant.readNotice = (headers, body) => {
      try {
        return merchant.readNotice(headers, body)
      } catch (error) {
        failures.push(error)
        return {
          headers,
          envelope: JSON.parse(body),
          content: {},
          isSigned: false,
          signedBy: '',
          receivedAt: Date.now(),
        }
      }
    }
    const receiver = await startReceiver({ ...merchant, readNotice }, [500])
    sandbox.faults.add({ endpoint: 'payment-notice', kind: 'wrong-content', times: 1 })
    await merchant.prepay('order-0001', { notify_url: receiver.url })
    sandbox.payLate('order-0001')
    await expect.poll(() => receiver.received).toHaveLength(2)
    expect(failures).toEqual([expect.any(CipherError)])
    expect(receiver.received[1]?.content).toMatchObject({ out_trade_no: 'order-0001' })
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
