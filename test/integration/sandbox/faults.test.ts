import type { Fault } from '@looklook-pay/sandbox'
import { describe, expect, it } from 'vitest'
import { merchantOf, startReceiver, startSandbox } from './merchant.ts'

const prepayPath = '/v3/pay/transactions/jsapi'

async function start() {
  const sandbox = await startSandbox()
  const merchant = merchantOf(sandbox)
  const prepay = (signal?: AbortSignal) => {
    return merchant.call('POST', prepayPath, merchant.prepayBody('order-0001'), signal ? { signal } : {})
  }
  return { sandbox, merchant, prepay, isKnown: () => sandbox.ledger.orders.has('order-0001') }
}

describe('a fault', () => {
  it.each<[Fault['kind'], number, boolean, boolean]>([
    ['rate-limited', 429, true, false],
    ['system-error', 500, true, false],
    ['system-error-after', 500, true, true],
    ['service-unavailable', 503, false, false],
    ['accepted', 202, true, false],
    ['wrong-signature', 200, false, true],
    ['signtest-signature', 200, false, true],
    ['no-signature', 200, false, true],
    ['wrong-content', 200, true, true],
  ])(
    'a call under the fault %s is answered with %i (signed: %s, work done: %s)',
    async (kind, status, isSigned, isDone) => {
      const { sandbox, prepay, isKnown } = await start()
      sandbox.faults.add({ endpoint: 'prepay', kind, times: 1 })
      expect(await prepay()).toMatchObject({ status, isSigned })
      expect(isKnown()).toBe(isDone)
      expect(await prepay()).toMatchObject({ status: 200, isSigned: true })
    },
  )

  it.each([
    ['timeout-before', false, 'timeout'],
    ['timeout-after', true, 'timeout'],
    ['reset-before', false, 'fetch failed'],
    ['reset-after', true, 'fetch failed'],
  ] as const)('a call under the fault %s gets no answer (work done: %s)', async (kind, isDone, message) => {
    const { sandbox, prepay, isKnown } = await start()
    sandbox.faults.add({ endpoint: 'prepay', kind, times: 1 })
    const caller = new AbortController()
    const answer = prepay(caller.signal).then(String, (error: unknown) => String(error))
    // The fault has been used: an answer would come now.
    await expect.poll(() => sandbox.faults.list()).toEqual([])
    await expect.poll(isKnown).toBe(isDone)
    if (message === 'timeout') setTimeout(() => caller.abort(new Error('timeout')), 100)
    expect(await answer).toContain(message)
  })

  it('a call under the fault slow is answered after its delay', async () => {
    const { sandbox, prepay } = await start()
    sandbox.faults.add({ endpoint: 'prepay', kind: 'slow', delayMs: 200 })
    await expect(prepay(AbortSignal.timeout(50))).rejects.toThrow('timeout')
    expect(await prepay()).toMatchObject({ status: 200 })
  })

  it('faults that nobody clears are refused beyond a thousand, with what to do, and those before stay armed', async () => {
    const { sandbox } = await start()
    const arm = async (count: number) => {
      const body = JSON.stringify(
        Array.from({ length: count }, () => ({ endpoint: 'query', kind: 'slow', delayMs: 1 })),
      )
      const response = await fetch(`${sandbox.url}/sandbox/faults`, { method: 'POST', body })
      return { status: response.status, text: await response.text() }
    }
    expect((await arm(999)).status).toBe(200)
    expect(await arm(2)).toMatchObject({ status: 400, text: expect.stringContaining('clear some') })
    expect(sandbox.faults.list()).toHaveLength(999)
    expect((await arm(1)).status).toBe(200)
  })

  it('faults hit the calls that match, as often as they say, in the order in which they were added, until cleared', async () => {
    const { sandbox, merchant } = await start()
    sandbox.faults.add(
      { endpoint: 'query', kind: 'error', code: 'SYSTEM_ERROR', match: 'order-0001', times: 2 },
      { endpoint: 'query', kind: 'error', code: 'RATE_LIMITED' },
    )
    const query = async (outTradeNo: string) => (await merchant.query(outTradeNo)).json.code
    expect(await query('order-0002')).toBe('RATE_LIMITED')
    expect(await query('order-0001')).toBe('SYSTEM_ERROR')
    expect(await query('order-0001')).toBe('SYSTEM_ERROR')
    expect(await query('order-0001')).toBe('RATE_LIMITED')
    sandbox.faults.clear('close')
    expect(sandbox.faults.list()).toHaveLength(1)
    sandbox.faults.clear('query')
    expect(await query('order-0001')).toBe('ORDER_NOT_EXIST')
  })

  it('a fault with a percentage hits that share of the calls, and the same ones for the same seed', async () => {
    const { sandbox, merchant } = await start()
    const hitsOf = async (seed: number) => {
      sandbox.faults.clear()
      sandbox.faults.add({ endpoint: 'query', kind: 'rate-limited', percent: 30, seed })
      const statuses: number[] = []
      for (let call = 0; call < 60; call++) statuses.push((await merchant.query('order-0001')).status)
      return statuses.map((status) => status === 429)
    }
    const hits = await hitsOf(7)
    expect(new Set(hits)).toEqual(new Set([true, false]))
    expect(await hitsOf(7)).toEqual(hits)
    expect(await hitsOf(8)).not.toEqual(hits)
  })

  it('a call that a fault’s percentage spares meets the next fault', async () => {
    const { sandbox, merchant } = await start()
    sandbox.faults.add(
      { endpoint: 'query', kind: 'rate-limited', percent: 0 },
      { endpoint: 'query', kind: 'system-error', percent: 100 },
    )
    expect((await merchant.query('order-0001')).status).toBe(500)
  })

  it('a fault of the mini-program API is answered with its errcode', async () => {
    const { sandbox } = await start()
    const login = async () => (await fetch(`${sandbox.url}/sns/jscode2session`)).json()
    sandbox.faults.add(
      { endpoint: 'code-to-session', kind: 'system-error', times: 1 },
      { endpoint: 'code-to-session', kind: 'rate-limited', times: 1 },
      { endpoint: 'code-to-session', kind: 'errcode', errcode: 40226, times: 1 },
    )
    expect(await login()).toMatchObject({ errcode: -1 })
    expect(await login()).toMatchObject({ errcode: 45011 })
    expect(await login()).toMatchObject({ errcode: 40226 })
    expect(await login()).toMatchObject({ errcode: 40013 })
  })

  it('faults are added, listed and cleared over HTTP', async () => {
    const { sandbox, merchant } = await start()
    const url = `${sandbox.url}/sandbox/faults`
    const read = async (init?: RequestInit) => (await fetch(url, init)).json()
    const fault = { endpoint: 'query', kind: 'rate-limited', times: 3 }
    expect(await read({ method: 'POST', body: JSON.stringify([fault]) })).toEqual([fault])
    expect((await merchant.query('order-0001')).status).toBe(429)
    expect(await read()).toEqual([{ ...fault, times: 2 }])
    expect(await read({ method: 'DELETE' })).toEqual([])
    expect((await merchant.query('order-0001')).status).toBe(404)
  })

  it('a fault that the endpoint doesn’t have is refused with the list of those it has', async () => {
    const { sandbox } = await start()
    const add = async (fault: unknown) => {
      const init = { method: 'POST', body: JSON.stringify(fault) }
      const response = await fetch(`${sandbox.url}/sandbox/faults`, init)
      return [response.status, ((await response.json()) as { message: string }).message]
    }
    expect(await add({ endpoint: 'payment-notice', kind: 'accepted' })).toEqual([
      400,
      '/kind must be one of lost, twice, storm, late, wrong-signature, signtest-signature, wrong-content, wrong-amount for payment-notice',
    ])
    expect(await add({ endpoint: 'query', kind: 'error' })).toEqual([400, '/code error needs code'])
    expect(await add({ endpoint: 'x', kind: 'error' })).toEqual([400, expect.stringContaining('endpoint')])
    expect(sandbox.faults.list()).toEqual([])
  })
})

/** A paid order of 100.00 yuan, and a refund of 10.00 of it that has ended; what notices told is in `received`. */
async function givenRefunded({ sandbox, merchant }: Awaited<ReturnType<typeof start>>) {
  const receiver = await startReceiver(merchant)
  await merchant.prepay('order-0001', { notify_url: receiver.url })
  sandbox.payLate('order-0001')
  await expect.poll(() => receiver.received).toHaveLength(1)
  await merchant.refund(merchant.refundBody('order-0001', 'R1', 1000))
  await expect.poll(() => receiver.received).toHaveLength(2)
  return receiver.received
}

describe('a wrong amount', () => {
  it('a notice under the fault wrong-amount tells the other amount, rightly signed', async () => {
    const started = await start()
    started.sandbox.faults.add(
      { endpoint: 'payment-notice', kind: 'wrong-amount', amountFen: 1 },
      { endpoint: 'refund-notice', kind: 'wrong-amount', amountFen: 2 },
    )
    const received = await givenRefunded(started)
    expect(received).toMatchObject([
      { isSigned: true, content: { amount: { total: 1, payer_total: 1, currency: 'CNY' } } },
      { isSigned: true, content: { amount: { refund: 2, payer_refund: 2, total: 10_000 } } },
    ])
    expect((await started.merchant.query('order-0001')).json).toMatchObject({ amount: { total: 10_000 } })
  })

  it('a query under the fault wrong-amount tells the other amount, rightly signed', async () => {
    const started = await start()
    const { sandbox, merchant } = started
    await givenRefunded(started)
    sandbox.faults.add(
      { endpoint: 'query', kind: 'wrong-amount', amountFen: 1, times: 2 },
      { endpoint: 'query-refund', kind: 'wrong-amount', amountFen: 2, times: 1 },
    )
    const { transaction_id: transactionId } = (await merchant.query('order-0001')).json
    const byId = `/v3/pay/transactions/id/${String(transactionId)}?mchid=${sandbox.credentials.mchid}`
    expect(await merchant.call('GET', byId)).toMatchObject({
      isSigned: true,
      json: { amount: { total: 1, payer_total: 1, currency: 'CNY' } },
    })
    expect(await merchant.queryRefund('R1')).toMatchObject({ isSigned: true, json: { amount: { refund: 2 } } })
    expect((await merchant.query('order-0001')).json).toMatchObject({ amount: { total: 10_000 } })
    expect((await merchant.queryRefund('R1')).json).toMatchObject({ amount: { refund: 1000 } })
  })
})

describe('a closed number', () => {
  it('a prepay under the fault closed-number finds its number closed, as queries do from then on', async () => {
    const { sandbox, merchant, prepay } = await start()
    sandbox.faults.add({ endpoint: 'prepay', kind: 'closed-number', times: 1 })
    expect(await prepay()).toMatchObject({ status: 400, json: { code: 'ORDER_CLOSED' }, isSigned: true })
    expect(await prepay()).toMatchObject({ json: { code: 'ORDER_CLOSED' } })
    expect((await merchant.query('order-0001')).json).toMatchObject({ trade_state: 'CLOSED' })
    const other = merchant.prepayBody('order-0001', { amount: { total: 1 } })
    expect((await merchant.call('POST', prepayPath, other)).json).toMatchObject({ code: 'OUT_TRADE_NO_USED' })
  })

  it('a paid order stays paid under the fault closed-number', async () => {
    const { sandbox, merchant, prepay } = await start()
    await prepay()
    sandbox.payLate('order-0001')
    sandbox.faults.add({ endpoint: 'prepay', kind: 'closed-number' })
    expect((await prepay()).json).toMatchObject({ code: 'ORDERPAID' })
    expect((await merchant.query('order-0001')).json).toMatchObject({ trade_state: 'SUCCESS' })
  })
})

describe('the ledger over HTTP', () => {
  it('the ledger over HTTP shows orders, refunds, notices, messages, consents, users, complaints and how many there are, and no token', async () => {
    const { sandbox, prepay } = await start()
    await prepay()
    const ledger = (await (await fetch(`${sandbox.url}/sandbox/ledger`)).json()) as Record<string, unknown>
    expect(Object.keys(ledger)).toEqual([
      'orders',
      'refunds',
      'notices',
      'messages',
      'consents',
      'users',
      'complaints',
      'complaintUrls',
      'totals',
    ])
    expect(ledger.orders).toEqual([
      expect.objectContaining({ outTradeNo: 'order-0001', state: 'NOTPAY', totalFen: 10_000 }),
    ])
  })
})
