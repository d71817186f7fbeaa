import type { Texts } from '../texts.ts'

/** What an operator reads about timelines. */
export const timelineTexts = {
  number: {
    en: 'order, payment, transaction, refund, mismatch or notice',
    zh: '订单、支付单、微信支付单、退款单、异常单或通知',
  },
} satisfies Texts
