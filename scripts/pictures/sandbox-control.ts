/** What the sandbox plays for pictures, by its own routes. */
export interface SandboxControl {
  /** Pays what a guest has tapped and not paid, and reports 100.00 yuan of it. */
  payOtherAmount(): Promise<void>
  /** Makes today's bill, which is there at once, say another price of a payment, and leave out another. */
  plantDifferences(): Promise<void>
}

interface Order {
  outTradeNo: string
  state: string
}

export function openSandboxControl(url: string): SandboxControl {
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${url}/sandbox/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`the sandbox refused ${path}: ${await response.text()}`)
  }
  let underReview = ''
  const numbersOf = async (state: string) => {
    const { orders } = (await (await fetch(`${url}/sandbox/ledger`)).json()) as { orders: Order[] }
    return orders.filter((order) => order.state === state).map(({ outTradeNo }) => outTradeNo)
  }
  return {
    payOtherAmount: async () => {
      const [number = ''] = await numbersOf('NOTPAY')
      underReview = number
      await post('faults', { endpoint: 'payment-notice', kind: 'lost' })
      await post('late-payment', { outTradeNo: number })
      const amount = { total: 10_000, payer_total: 10_000, currency: 'CNY', payer_currency: 'CNY' }
      await post('notices', { number, newId: true, content: { amount } })
    },
    plantDifferences: async () => {
      const [first = '', second = ''] = (await numbersOf('SUCCESS')).filter((number) => number !== underReview)
      await post('settings', { billsAtOnce: true })
      await post('bill-differences', [
        { bill: 'trade', number: first, cells: { 订单金额: '999.00' } },
        { bill: 'trade', number: second },
        // Its real price would settle it.
        { bill: 'trade', number: underReview },
      ])
    },
  }
}
