import type { SandboxOptions } from '@looklook-pay/sandbox'
import { describe, expect, it } from 'vitest'
import { merchantOf, startReceiver, startSandbox } from './merchant.ts'

/** A sandbox with one order of 100 yuan, paid. */
async function startPaid(options: SandboxOptions = {}, couponFen = 0) {
  const sandbox = await startSandbox(options)
  const merchant = merchantOf(sandbox)
  const receiver = await startReceiver(merchant)
  await merchant.prepay('order-0001', { notify_url: receiver.url })
  sandbox.payLate('order-0001', couponFen)
  const refundNotices = () => receiver.received.filter((notice) => notice.envelope.event_type.startsWith('REFUND'))
  return { sandbox, merchant, receiver, refundNotices }
}

describe('a refund', () => {
  it('a refund is accepted, succeeds a little later, and the merchant gets a notice', async () => {
    const { merchant, receiver, refundNotices } = await startPaid()
    const accepted = await merchant.refund(
      merchant.refundBody('order-0001', 'R1', 4000, { notify_url: receiver.url, reason: '行程改变' }),
    )
    expect(accepted).toMatchObject({
      status: 200,
      isSigned: true,
      json: {
        refund_id: expect.stringMatching(/^50\d{27}$/),
        status: 'PROCESSING',
        amount: { refund: 4000, total: 10_000, payer_total: 10_000, payer_refund: 4000, currency: 'CNY' },
      },
    })
    await expect.poll(refundNotices).toHaveLength(1)
    expect(refundNotices()[0]).toMatchObject({
      isSigned: true,
      envelope: { event_type: 'REFUND.SUCCESS', resource: { original_type: 'refund', associated_data: 'refund' } },
      content: {
        refund_id: accepted.json.refund_id,
        out_refund_no: 'R1',
        refund_status: 'SUCCESS',
        success_time: expect.stringMatching(/\+08:00$/),
        amount: { total: 10_000, refund: 4000, payer_total: 10_000, payer_refund: 4000 },
      },
    })
    expect((await merchant.queryRefund('R1')).json).toMatchObject({ status: 'SUCCESS' })
    expect((await merchant.query('order-0001')).json).toMatchObject({ trade_state: 'REFUND' })
  })

  it.each([
    ['ends-abnormal', 'ABNORMAL'],
    ['ends-closed', 'CLOSED'],
  ] as const)('a refund under the fault %s ends %s', async (kind, status) => {
    const { sandbox, merchant, refundNotices } = await startPaid()
    sandbox.faults.add({ endpoint: 'refund', kind, times: 1 })
    expect((await merchant.refund(merchant.refundBody('order-0001', 'R1', 10_000))).json.status).toBe('PROCESSING')
    await expect.poll(refundNotices).toHaveLength(1)
    expect(refundNotices()[0]).toMatchObject({
      envelope: { event_type: `REFUND.${status}` },
      content: { refund_status: status },
    })
    expect(refundNotices()[0]?.content).not.toHaveProperty('success_time')
    expect((await merchant.queryRefund('R1')).json).toMatchObject({ status })
  })

  it('a refund under the fault ends-never stays PROCESSING until it is ended', async () => {
    const { sandbox, merchant } = await startPaid({ refundDelayMs: 0 })
    sandbox.faults.add({ endpoint: 'refund', kind: 'ends-never', match: 'R1' })
    await merchant.refund(merchant.refundBody('order-0001', 'R1', 100))
    await merchant.refund(merchant.refundBody('order-0001', 'R2', 100))
    await expect.poll(async () => (await merchant.queryRefund('R2')).json.status).toBe('SUCCESS')
    expect((await merchant.queryRefund('R1')).json.status).toBe('PROCESSING')
    sandbox.endRefund('R1', 'CLOSED')
    expect((await merchant.queryRefund('R1')).json.status).toBe('CLOSED')
  })

  it('a repeated refund with the same body is the same refund, and with another body it is refused', async () => {
    const { sandbox, merchant } = await startPaid()
    const body = merchant.refundBody('order-0001', 'R1', 6000)
    const replies = await Promise.all([merchant.refund(body), merchant.refund(body), merchant.refund(body)])
    expect(new Set(replies.map((reply) => reply.json.refund_id)).size).toBe(1)
    expect(sandbox.ledger.refunds.size).toBe(1)
    for (const changes of [{ reason: 'other' }, { amount: { refund: 1, total: 10_000, currency: 'CNY' } }]) {
      expect(await merchant.refund({ ...body, ...changes })).toMatchObject({
        status: 400,
        json: { code: 'INVALID_REQUEST', message: '请求内容和上次请求不一致' },
      })
    }
  })

  it('refunds never exceed what was paid, without those that were closed', async () => {
    const { sandbox, merchant } = await startPaid()
    sandbox.faults.add(
      { endpoint: 'refund', kind: 'ends-closed', match: 'R1' },
      { endpoint: 'refund', kind: 'ends-abnormal', match: 'R2' },
    )
    const requestRefund = async (outRefundNo: string, refundFen: number) => {
      const reply = await merchant.refund(merchant.refundBody('order-0001', outRefundNo, refundFen))
      return reply.json.code ?? reply.status
    }
    const ended = async (outRefundNo: string) => (await merchant.queryRefund(outRefundNo)).json.status !== 'PROCESSING'
    expect(await requestRefund('R1', 10_000)).toBe(200)
    await expect.poll(() => ended('R1')).toBe(true)
    expect(await requestRefund('R2', 4000)).toBe(200)
    await expect.poll(() => ended('R2')).toBe(true)
    expect(await requestRefund('R3', 6001)).toBe('INVALID_REQUEST')
    expect(await requestRefund('R4', 6000)).toBe(200)
    expect(await requestRefund('R5', 1)).toBe('INVALID_REQUEST')
  })

  it.each<[string, Record<string, unknown>, number, string]>([
    ['an appid', { appid: 'wx0' }, 400, 'PARAM_ERROR'],
    ['both numbers', { transaction_id: '4200000000000000000000000000' }, 400, 'PARAM_ERROR'],
    ['no number', { out_trade_no: undefined }, 400, 'PARAM_ERROR'],
    ['81 bytes of reason', { reason: `${'退'.repeat(26)}abc` }, 400, 'PARAM_ERROR'],
    ['no currency', { amount: { refund: 1, total: 10_000 } }, 400, 'PARAM_ERROR'],
    ['a number with a slash', { out_refund_no: 'a/b' }, 400, 'PARAM_ERROR'],
    ['a notify_url with a query', { notify_url: 'https://example.com/?a=1' }, 400, 'PARAM_ERROR'],
    ['another total', { amount: { refund: 1, total: 9999, currency: 'CNY' } }, 400, 'INVALID_REQUEST'],
    ['an unknown order', { out_trade_no: 'order-0002' }, 404, 'RESOURCE_NOT_EXISTS'],
  ])('a refund with %s is refused', async (_name, changes, status, code) => {
    const { merchant } = await startPaid()
    const reply = await merchant.refund(merchant.refundBody('order-0001', 'R1', 1, changes))
    expect(reply).toMatchObject({ status, json: { code } })
  })

  it('a refund of an unpaid order, of one paid over a year ago, or within a minute of another, is refused', async () => {
    let clock = Date.now()
    const { merchant } = await startPaid({ now: () => new Date(clock), refundIntervalMs: 60_000 })
    const requestRefund = async (outTradeNo: string, outRefundNo: string) => {
      const body = merchant.refundBody(outTradeNo, outRefundNo, 1)
      const reply = await merchant.call('POST', '/v3/refund/domestic/refunds', body, {
        timestamp: Math.floor(clock / 1000),
      })
      return reply.json.code ?? reply.status
    }
    await merchant.prepay('order-unpaid')
    expect(await requestRefund('order-unpaid', 'R0')).toBe('INVALID_REQUEST')
    expect(await requestRefund('order-0001', 'R1')).toBe(200)
    clock += 59_000
    expect(await requestRefund('order-0001', 'R2')).toBe('FREQUENCY_LIMITED')
    clock += 1000
    expect(await requestRefund('order-0001', 'R2')).toBe(200)
    clock += 366 * 86_400_000
    expect(await requestRefund('order-0001', 'R3')).toBe('INVALID_REQUEST')
  })

  it.each(['NOT_ENOUGH', 'USER_ACCOUNT_ABNORMAL'] as const)(
    'a refund refused with %s is accepted later under the same number',
    async (code) => {
      const { sandbox, merchant } = await startPaid()
      sandbox.faults.add({ endpoint: 'refund', kind: 'error', code, times: 1 })
      const body = merchant.refundBody('order-0001', 'R1', 1)
      expect(await merchant.refund(body)).toMatchObject({ status: 403, json: { code } })
      expect((await merchant.refund(body)).status).toBe(200)
    },
  )

  it('refunds of an order with a coupon return the buyer’s rounded share, and in the end all of it', async () => {
    const { merchant } = await startPaid({}, 3333)
    const shares: unknown[] = []
    for (const [number, refundFen] of [
      ['R1', 3333],
      ['R2', 3333],
      ['R3', 3334],
    ] as const) {
      const { json } = await merchant.refund(merchant.refundBody('order-0001', number, refundFen))
      shares.push((json.amount as Record<string, number>).payer_refund)
    }
    expect(shares).toEqual([2222, 2222, 2223])
  })

  it('a manual refund sends a notice too, under a number of WeChat’s', async () => {
    const { sandbox, merchant, refundNotices } = await startPaid()
    sandbox.refundManually({ outTradeNo: 'order-0001', refundFen: 2500 })
    await expect.poll(refundNotices).toHaveLength(1)
    const overHttp = await fetch(`${sandbox.url}/sandbox/manual-refund`, {
      method: 'POST',
      body: JSON.stringify({ outTradeNo: 'order-0001' }),
    })
    expect(await overHttp.json()).toMatchObject({ refundFen: 7500 })
    await expect.poll(refundNotices).toHaveLength(2)
    expect(refundNotices().map((notice) => notice.content.out_refund_no)).toEqual([
      expect.stringMatching(/^\d{28}$/),
      expect.stringMatching(/^\d{28}$/),
    ])
    expect((await merchant.query('order-0001')).json.trade_state).toBe('REFUND')
    expect(() => sandbox.refundManually({ outTradeNo: 'order-0001' })).toThrow(/大于订单可退金额/)
  })
})

describe('an abnormal refund', () => {
  it('an ABNORMAL refund can be applied for again, and no other', async () => {
    const { sandbox, merchant, refundNotices } = await startPaid()
    sandbox.faults.add({ endpoint: 'refund', kind: 'ends-abnormal', times: 1 })
    const { json } = await merchant.refund(merchant.refundBody('order-0001', 'R1', 10_000))
    await expect.poll(refundNotices).toHaveLength(1)
    const path = `/v3/refund/domestic/refunds/${String(json.refund_id)}/apply-abnormal-refund`
    const retry = (body: unknown) => merchant.call('POST', path, body)
    expect((await retry({ out_refund_no: 'R1', type: 'USER_BANK_CARD' })).json.code).toBe('PARAM_ERROR')
    expect((await retry({ out_refund_no: 'R2', type: 'MERCHANT_BANK_CARD' })).json.code).toBe('INVALID_REQUEST')
    expect((await retry({ out_refund_no: 'R1', type: 'MERCHANT_BANK_CARD' })).json.status).toBe('PROCESSING')
    await expect.poll(refundNotices).toHaveLength(2)
    expect(refundNotices()[1]?.envelope.event_type).toBe('REFUND.SUCCESS')
    expect((await retry({ out_refund_no: 'R1', type: 'MERCHANT_BANK_CARD' })).json.code).toBe('INVALID_REQUEST')
  })
})

describe('an operator on the merchant platform', () => {
  it('an operator sends the money of an ABNORMAL refund to another account, and of no other', async () => {
    const { sandbox, merchant, refundNotices } = await startPaid()
    const retry = async (outRefundNo: string) => {
      const body = JSON.stringify({ outRefundNo })
      return (await fetch(`${sandbox.url}/sandbox/retry-refund`, { method: 'POST', body })).json()
    }
    expect(await retry('R1')).toMatchObject({ code: 'RESOURCE_NOT_EXISTS' })
    sandbox.faults.add({ endpoint: 'refund', kind: 'ends-abnormal', times: 1 })
    await merchant.refund(merchant.refundBody('order-0001', 'R1', 10_000))
    await expect.poll(refundNotices).toHaveLength(1)
    expect(await retry('R1')).toMatchObject({ status: 'PROCESSING' })
    await expect.poll(refundNotices).toHaveLength(2)
    expect(refundNotices()[1]?.envelope.event_type).toBe('REFUND.SUCCESS')
    expect(await retry('R1')).toMatchObject({ code: 'INVALID_REQUEST' })
  })
})

describe('a refund query', () => {
  it('a refund query refuses unknown numbers and any parameter', async () => {
    const { merchant } = await startPaid()
    expect(await merchant.queryRefund('R1')).toMatchObject({ status: 404, json: { code: 'RESOURCE_NOT_EXISTS' } })
    expect(await merchant.queryRefund('R1?mchid=1')).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } })
  })
})
