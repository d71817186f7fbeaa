import type { Sandbox } from '@looklook-pay/sandbox'
import { describe, expect, it } from 'vitest'
import { merchantOf, startReceiver, startSandbox } from './merchant.ts'

interface Shown {
  orders: { outTradeNo: string }[]
  notices: { subject: string; state: string; deliveries?: { at: number; status?: number; fault?: string }[] }[]
  totals: Record<string, number>
}

async function read({ url }: Sandbox, query = ''): Promise<Shown> {
  return (await (await fetch(`${url}/sandbox/ledger${query}`)).json()) as Shown
}

describe('the ledger over HTTP', () => {
  it('shows all, or the newest of each kind and how many there are, or what mentions a number, which no amount and no name of a field does', async () => {
    const sandbox = await startSandbox()
    const merchant = merchantOf(sandbox)
    for (const number of ['order-0001', 'order-0002', 'order-0003']) await merchant.prepay(number)
    const numbers = async (query?: string) => {
      const { orders, totals } = await read(sandbox, query)
      return [orders.map(({ outTradeNo }) => outTradeNo), totals['orders']]
    }
    expect(await numbers()).toEqual([['order-0001', 'order-0002', 'order-0003'], 3])
    expect(await numbers('?newest=2')).toEqual([['order-0002', 'order-0003'], 3])
    expect(await numbers('?mentions=order-0001&newest=2')).toEqual([['order-0001'], 1])
    await merchant.prepay('order-0004', { amount: { total: 987_654_321, currency: 'CNY' } })
    expect(await numbers('?mentions=987654321')).toEqual([[], 0])
    expect(await numbers('?mentions=outTradeNo')).toEqual([[], 0])
    expect((await fetch(`${sandbox.url}/sandbox/ledger?newest=all`)).status).toBe(400)
  })

  it('shows what mentions a number: the order, its refunds, and the notices of both', async () => {
    const sandbox = await startSandbox()
    const merchant = merchantOf(sandbox)
    for (const number of ['order-0001', 'order-0002']) {
      await merchant.prepay(number)
      sandbox.payLate(number)
    }
    const { outRefundNo } = sandbox.refundManually({ outTradeNo: 'order-0001' })
    sandbox.endRefund(outRefundNo, 'SUCCESS')
    expect(await read(sandbox, '?mentions=order-0001')).toMatchObject({
      orders: [{ outTradeNo: 'order-0001' }],
      refunds: [{ outTradeNo: 'order-0001', outRefundNo }],
      notices: [{ subject: 'order-0001' }, { subject: outRefundNo }],
    })
  })

  it('shows what became of each delivery of a notice', async () => {
    const sandbox = await startSandbox()
    const merchant = merchantOf(sandbox)
    const receiver = await startReceiver(merchant, [500])
    sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost', times: 1 })
    await merchant.prepay('order-0001', { notify_url: receiver.url })
    sandbox.payLate('order-0001')
    const at = expect.any(Number)
    await expect
      .poll(async () => (await read(sandbox)).notices[0])
      .toMatchObject({
        state: 'TAKEN',
        deliveries: [
          { at, fault: 'lost' },
          { at, status: 500 },
          { at, status: 204 },
        ],
      })
  })
})
