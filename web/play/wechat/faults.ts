import { callSandbox } from './call.ts'

/** What can happen to the first notice of a payment. `wrong-amount` comes instead of it, and is as genuine. */
export type NoticeFault = 'lost' | 'twice' | 'wrong-signature' | 'wrong-amount'

/** What answers nothing but 503 while WeChat is down. */
const DOWN = ['prepay', 'query', 'close', 'refund', 'query-refund', 'code-to-session', 'subscribe-message'] as const
const DOWN_KIND = 'service-unavailable'

/** Another amount than any order's, in fen. */
const WRONG_FEN = 1

interface Fault {
  endpoint: string
  kind: string
}

/** Makes the sandbox fail. */
export function openFaults(url: string) {
  const add = (...faults: object[]) => callSandbox(url, 'faults', faults)
  return {
    /** Hits the next notice of a payment. Of a wrong amount, the notice itself is lost: `sendWrongAmount` sends another. */
    async addNoticeFault(paymentSn: string, fault: NoticeFault) {
      const kind = fault === 'wrong-amount' ? 'lost' : fault
      await add({ endpoint: 'payment-notice', kind, times: 1, match: paymentSn })
    },
    /** A signed notice of the payment that names another amount. @returns its content, and the status answered. */
    async sendWrongAmount(paymentSn: string) {
      const content = { amount: { total: WRONG_FEN, payer_total: WRONG_FEN, currency: 'CNY', payer_currency: 'CNY' } }
      const { json } = await callSandbox(url, 'notices', { number: paymentSn, newId: true, content })
      return { content, status: (json as { statuses?: (number | null)[] }).statuses?.[0] ?? undefined }
    },
    /** The next refund of this transaction can't reach the guest's account. */
    addAbnormalRefund: (transactionId: string) =>
      add({ endpoint: 'refund', kind: 'ends-abnormal', times: 1, match: transactionId }),
    async isDown(): Promise<boolean> {
      const { json } = await callSandbox(url, 'faults')
      return (json as Fault[]).some(({ endpoint, kind }) => endpoint === DOWN[0] && kind === DOWN_KIND)
    },
    async setDown(isDown: boolean) {
      if (isDown) return void (await add(...DOWN.map((endpoint) => ({ endpoint, kind: DOWN_KIND }))))
      for (const endpoint of DOWN) await callSandbox(url, `faults?endpoint=${endpoint}`, undefined, 'DELETE')
    },
  }
}
