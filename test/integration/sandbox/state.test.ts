import { appendFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSandbox } from '@looklook-pay/sandbox'
import { describe, expect, it, onTestFinished } from 'vitest'
import { merchantOf, startReceiver, startSandbox } from './merchant.ts'

async function makeStateDir(): Promise<string> {
  const stateDir = await mkdtemp(join(tmpdir(), 'sandbox-'))
  onTestFinished(() => rm(stateDir, { recursive: true, force: true }))
  return stateDir
}

/** New keys, instead of those that the other tests share. */
const fresh = { credentials: undefined }
const inTwoMinutes = () => new Date(Date.now() + 120_000)

describe('a sandbox with a stateDir', () => {
  it('a sandbox with a stateDir has its keys, orders, refunds and used codes again after a restart', async () => {
    const stateDir = await makeStateDir()
    const first = await startSandbox({ stateDir, ...fresh })
    const merchant = merchantOf(first)
    await merchant.prepay('order-0001')
    first.payLate('order-0001')
    await merchant.refund(merchant.refundBody('order-0001', 'R1', 100))
    await expect.poll(() => first.ledger.refunds.get('R1')?.status).toBe('SUCCESS')
    const loginQuery = new URLSearchParams({
      appid: first.credentials.appid,
      secret: first.credentials.appSecret,
      js_code: 'once-o_bob',
      grant_type: 'authorization_code',
    })
    await fetch(`${first.url}/sns/jscode2session?${loginQuery.toString()}`)
    await first.close()

    const second = await startSandbox({ stateDir, ...fresh })
    expect(second.credentials).toEqual(first.credentials)
    expect([...second.ledger.orders]).toEqual([...first.ledger.orders])
    expect([...second.ledger.refunds]).toEqual([...first.ledger.refunds])
    const again = merchantOf(second)
    expect((await again.query('order-0001')).json.trade_state).toBe('REFUND')
    expect((await again.call('POST', '/v3/pay/transactions/jsapi', again.prepayBody('order-0001'))).json.code).toBe(
      'ORDERPAID',
    )
    expect((await again.refund(again.refundBody('order-0001', 'R1', 100))).json.status).toBe('SUCCESS')
    const login = await fetch(`${second.url}/sns/jscode2session?${loginQuery.toString()}`)
    expect(await login.json()).toMatchObject({ errcode: 40163 })
  })

  it('a sandbox with a stateDir continues open notices and refunds after a restart', async () => {
    const stateDir = await makeStateDir()
    const first = await startSandbox({ stateDir, noticeScheduleFactor: 1, refundDelayMs: 60_000 })
    const merchant = merchantOf(first)
    const receiver = await startReceiver(merchant, [500])
    await merchant.prepay('order-0001', { notify_url: receiver.url })
    first.payLate('order-0001')
    first.refundManually({ outTradeNo: 'order-0001' })
    await expect.poll(() => [...first.ledger.notices.values()][0]?.attempts).toBe(1)
    await first.close()
    expect(receiver.received).toHaveLength(1)

    await startSandbox({ stateDir, now: inTwoMinutes })
    const types = () => receiver.received.slice(1).map((notice) => notice.envelope.event_type)
    await expect.poll(() => types().toSorted()).toEqual(['REFUND.SUCCESS', 'TRANSACTION.SUCCESS'])
  })

  it('a sandbox with a stateDir drops a commit whose writing was interrupted, and nothing else', async () => {
    const stateDir = await makeStateDir()
    const first = await openSandbox({ stateDir })
    await merchantOf(first).prepay('order-0001')
    await first.close()
    appendFileSync(join(stateDir, 'ledger.jsonl'), '[["orders",{"outTradeNo":"order-00')
    const second = await startSandbox({ stateDir })
    expect([...second.ledger.orders.keys()]).toEqual(['order-0001'])
    await merchantOf(second).prepay('order-0002')
    await second.close()
    const third = await startSandbox({ stateDir })
    expect([...third.ledger.orders.keys()]).toEqual(['order-0001', 'order-0002'])
  })

  it('a stateDir is used by one sandbox at a time', async () => {
    const stateDir = await makeStateDir()
    const first = await startSandbox({ stateDir })
    await expect(openSandbox({ stateDir })).rejects.toThrow(`Another sandbox uses ${stateDir}`)
    await first.close()
    await startSandbox({ stateDir })
  })

  it('a sandbox with a stateDir has its platform certificates again after a restart', async () => {
    const stateDir = await makeStateDir()
    const first = await startSandbox({ stateDir, signedBy: 'certificates' })
    const { serial } = await first.issueCertificate()
    await first.close()
    const second = await startSandbox({ stateDir, signedBy: 'certificates' })
    const merchant = merchantOf(second)
    await merchant.fetchCertificates({ requestedSerial: serial })
    expect(await merchant.call('GET', '/v3/certificates', undefined, { requestedSerial: serial })).toMatchObject({
      isSigned: true,
      signedBy: serial,
    })
  })

  it('a sandbox names the damaged file of its stateDir', async () => {
    const stateDir = await makeStateDir()
    await writeFile(join(stateDir, 'credentials.json'), '{')
    await expect(openSandbox({ stateDir })).rejects.toThrow('credentials.json is damaged')
  })

  it('the files of a stateDir are readable by their owner alone', async () => {
    const stateDir = await makeStateDir()
    const sandbox = await startSandbox({ stateDir })
    expect((await stat(join(stateDir, 'credentials.json'))).mode & 0o077).toBe(0)
    expect(await readFile(join(stateDir, 'credentials.json'), 'utf8')).toContain(sandbox.credentials.mchid)
  })
})

describe('a sandbox without a stateDir', () => {
  it('a sandbox without a stateDir is another merchant each time', async () => {
    const [one, other] = await Promise.all([startSandbox(fresh), startSandbox(fresh)])
    expect(one.credentials.mchid).not.toBe(other.credentials.mchid)
    expect(one.credentials.mchPrivateKey).not.toBe(other.credentials.mchPrivateKey)
    const stranger = merchantOf({ url: other.url, credentials: one.credentials })
    expect((await stranger.query('order-0001')).status).toBe(400)
  })

  it('a sandbox provides an environment that looks like a merchant’s', async () => {
    const { env, url } = await startSandbox({ notifyUrl: 'http://127.0.0.1:4000/wechat/pay/notify' })
    expect(env).toEqual({
      WECHAT_APP_ID: expect.stringMatching(/^wx[0-9a-f]{16}$/),
      WECHAT_APP_SECRET: expect.stringMatching(/^[0-9a-f]{32}$/),
      WECHAT_PAY_MCH_ID: expect.stringMatching(/^\d{10}$/),
      WECHAT_PAY_MCH_CERT_SERIAL: expect.stringMatching(/^[1-9A-F][0-9A-F]{39}$/),
      WECHAT_PAY_MCH_PRIVATE_KEY: expect.stringMatching(/^-----BEGIN PRIVATE KEY-----/),
      WECHAT_PAY_API_V3_KEY: expect.stringMatching(/^[0-9A-Za-z]{32}$/),
      WECHAT_PAY_NOTIFY_URL: 'http://127.0.0.1:4000/wechat/pay/notify',
      WECHAT_PAY_PUBLIC_KEY_ID: expect.stringMatching(/^PUB_KEY_ID_\d+$/),
      WECHAT_PAY_PUBLIC_KEY: expect.stringMatching(/^-----BEGIN PUBLIC KEY-----/),
      WECHAT_API_URL: url,
      WECHAT_PAY_API_URL: url,
      WECHAT_TEMPLATE_ORDER_PAID: expect.stringMatching(/^.{43}$/),
      WECHAT_TEMPLATE_CHECK_IN: expect.stringMatching(/^.{43}$/),
      WECHAT_TEMPLATE_REFUNDED: expect.stringMatching(/^.{43}$/),
    })
  })

  it('a sandbox closes with calls, notices and refunds still open, any number of times, and frees its port', async () => {
    const sandbox = await openSandbox({ refundDelayMs: 60_000 })
    const merchant = merchantOf(sandbox)
    await merchant.prepay('order-0001')
    sandbox.payLate('order-0001')
    sandbox.refundManually({ outTradeNo: 'order-0001' })
    sandbox.faults.add({ endpoint: 'query', kind: 'timeout-before', times: 1 })
    const hanging = merchant.query('order-0001').then(String, (error: unknown) => String(error))
    await expect.poll(() => sandbox.faults.list()).toEqual([])
    await Promise.all([sandbox.close(), sandbox.close()])
    expect(await hanging).toContain('fetch failed')
    const port = Number(new URL(sandbox.url).port)
    const next = await startSandbox({ port })
    expect(next.url).toBe(sandbox.url)
    await expect(openSandbox({ port })).rejects.toThrow('EADDRINUSE')
  })
})
