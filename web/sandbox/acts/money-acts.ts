import { call } from '../api/call.ts'
import type { Complaint, Notice, Order, Paid, Refund, RefundEnd } from '../api/types.ts'
import { type TextKey, t } from '../text.ts'
import type { Act, FieldName } from './act.ts'

/** A phone pays an order by its number. */
export function payAct({ outTradeNo, openid }: Order): Act {
  return {
    title: 'act.pay',
    about: outTradeNo,
    fields: payerFields(openid),
    run: async (values) => saidPaid(await call('POST /sandbox/pay', { outTradeNo, ...values })),
  }
}

/** A phone pays what it has scanned, or a page that it has opened. */
export const payCodeAct: Act = {
  title: 'act.pay',
  about: '',
  fields: ['code', 'openid'],
  run: async ({ code = '', ...values }) => {
    const by = code.startsWith('weixin:') ? { code_url: code } : { h5_url: code }
    return saidPaid(await call('POST /sandbox/pay', { ...by, ...values }))
  },
}

/** A bank that is late pays. */
export function payLateAct({ outTradeNo, openid }: Order): Act {
  return {
    title: 'act.payLate',
    about: outTradeNo,
    fields: payerFields(openid),
    run: async (values) => saidPaid(await call('POST /sandbox/late-payment', { outTradeNo, ...values })),
  }
}

/** Without a payer where the prepay has named one. */
function payerFields(openid: string | undefined): FieldName[] {
  return [...(openid === undefined ? (['openid'] as const) : []), 'coupon', 'couponType']
}

/** An operator refunds on the merchant platform. */
export function refundAct({ outTradeNo }: Order): Act {
  return {
    title: 'act.refund',
    about: outTradeNo,
    fields: ['refundFen', 'end'],
    run: async (values) => {
      const { outRefundNo } = await call('POST /sandbox/manual-refund', { outTradeNo, ...values })
      return t('done.refunded', { number: outRefundNo })
    },
  }
}

const ENDS = { SUCCESS: 'act.endSuccess', ABNORMAL: 'act.endAbnormal', CLOSED: 'act.endClosed' } as const

/** Ways to end a refund that is PROCESSING. */
export function endRefundActs({ outRefundNo }: Refund): Act[] {
  const ends = Object.entries(ENDS) as [RefundEnd, TextKey][]
  return ends.map(([end, title]) => ({
    title,
    about: outRefundNo,
    fields: [],
    run: async () => {
      await call('POST /sandbox/end-refund', { outRefundNo, end })
      return t('done.refundEnded', { number: outRefundNo, end })
    },
  }))
}

/** An operator sends the money of an ABNORMAL refund elsewhere. */
export function retryRefundAct({ outRefundNo }: Refund): Act {
  return {
    title: 'act.retryRefund',
    about: outRefundNo,
    fields: ['end'],
    run: async (values) => {
      await call('POST /sandbox/retry-refund', { outRefundNo, ...values })
      return t('done.refundRetried', { number: outRefundNo })
    },
  }
}

/** The newest notice about this number is sent again. */
export function sendAgainAct({ subject }: Pick<Notice, 'subject'>): Act {
  return {
    title: 'act.sendAgain',
    about: subject,
    fields: ['copies'],
    run: async (values) => {
      const { statuses } = await call('POST /sandbox/notices', { number: subject, ...values })
      return t('done.sentAgain', { statuses: statuses.map((status) => status ?? t('noAnswer')).join(', ') })
    },
  }
}

/** The buyer complains in WeChat. */
export function complainAct({ outTradeNo }: Order): Act {
  return {
    title: 'act.complain',
    about: outTradeNo,
    fields: ['text', 'problemType', 'refundFen', 'phone'],
    run: async ({ text = '', ...values }) => {
      const { complaintId } = await call('POST /sandbox/complaints', { outTradeNo, text, ...values })
      return t('done.complained', { number: complaintId })
    },
  }
}

/** The buyer says something more. */
export function complainMoreAct({ complaintId }: Complaint): Act {
  return {
    title: 'act.complainMore',
    about: complaintId,
    fields: ['text'],
    run: async ({ text = '' }) => {
      await call('POST /sandbox/complaint-messages', { complaintId, text })
      return t('done.complained', { number: complaintId })
    },
  }
}

function saidPaid({ transactionId }: Paid): string {
  return t('done.paid', { transactionId })
}
