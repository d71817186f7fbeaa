import type { Order, PayParams } from '../api/types.ts'
import { failureText, t } from '../text.ts'
import type { Words } from '../traffic/traffic.ts'
import type { PaymentParts } from './parts.ts'

interface TroubleParts {
  /** @returns whether the order could be ended so. */
  end: (operation: 'cancelHomestayOrder', order: Order) => Promise<boolean>
  watch: (orderSn: string, paymentSn: string) => Promise<void>
  /** The `wx.requestPayment` parameters of each payment. */
  paramsBySn: Map<string, PayParams>
}

/** What a guest or a bank may do that nobody hopes for. Where it has a result, that is what came of it. */
export function openTroubleActions({ api, sandbox }: PaymentParts, { end, watch, paramsBySn }: TroubleParts) {
  return {
    async payAgain({ sn, payment }: Order): Promise<Words> {
      const answer = await api.call('wxPay', { orderSn: sn }, sn)
      const code = 'code' in answer ? answer.code : answer.__typename
      const params = payment && paramsBySn.get(payment.sn)
      const charged = params && (await sandbox?.pay(params))
      if (!charged) return () => t('payAgainServer', { api: code })
      return () => t('payAgainDone', { api: code, wechat: charged.code ?? '' })
    },
    async payLate(order: Order): Promise<Words> {
      const { sn, payment, tradeState } = order
      if (!payment || !sandbox) return ''
      if (tradeState === 'WAIT_PAY' && !(await end('cancelHomestayOrder', order))) return ''
      await watch(sn, payment.sn)
      const { code, message } = await sandbox.payLate(payment.sn)
      return () => (code === undefined ? t('bankLateDone') : failureText({ code, message }))
    },
    /** Sees to it that the order's refund can't reach the guest's account. */
    async spoilRefund({ payment }: Order): Promise<void> {
      if (payment?.transactionId) await sandbox?.addAbnormalRefund(payment.transactionId)
    },
    async refundElsewhere({ sn, payment }: Order): Promise<Words> {
      const refund = payment && sandbox?.abnormalRefundOf(payment.sn)
      if (!refund || !sandbox) return ''
      const { code, message } = await sandbox.retryRefund(refund, sn)
      return () => (code === undefined ? t('refundElsewhereDone') : failureText({ code, message }))
    },
  }
}
