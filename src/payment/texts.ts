import type { Texts } from '../texts.ts'

/** What the API says about payments, whatever is paid for. */
export const paymentTexts = {
  order: { en: 'order', zh: '订单' },
  payment: { en: 'payment', zh: '支付单' },
  underReview: { en: 'payment under review', zh: '待复核的支付单' },
  listener: { en: 'listener', zh: '监听者' },
  webhooksListen: {
    en: 'ends with the last enabled endpoint: disable or remove those',
    zh: '随最后一个启用的回调地址一起结束：请停用或删除那些地址',
  },
  refund: { en: 'refund', zh: '退款单' },
  refundEnded: (status: string) => ({
    en: `is ${status} and has ended: nothing is left to be done about it`,
    zh: `已结束（${status}）：没有什么可做的了`,
  }),
  refundYearOver: {
    en: 'is about a payment of more than a year ago, which WeChat doesn’t refund any more: pay the guest in another way',
    zh: '所涉及的支付已超过一年，微信不再退款：请用其他方式把钱付给客人',
  },
  notAccepted: {
    en: 'is not accepted by WeChat yet: wait for it, or see its lastAnswer',
    zh: '还没有被微信受理：请等待，或查看它的 lastAnswer',
  },
  notAbnormal: (status: string) => ({
    en: `is ${status}: WeChat sends to another account what is ABNORMAL alone; retry asks WeChat how it stands`,
    zh: `为 ${status}：只有 ABNORMAL 的退款才能退到其他账户；重试会向微信查询其状态`,
  }),
  mismatch: { en: 'mismatch to dismiss', zh: '可驳回的异常单' },
  // Each kind of order has states of its own, so in Chinese the state isn't named.
  notPayable: (state: string) => ({
    en: `The order is ${state} and can't be paid. Make a new order.`,
    zh: '订单已不在待支付状态，不能支付。请重新下单。',
  }),
  tooLate: {
    en: 'The time to pay this order is over. Cancel it, or wait a minute; then make a new order.',
    zh: '订单的支付时间已过。请取消它，或稍等一分钟，再重新下单。',
  },
  alreadyPaid: {
    en: 'The order is paid already. Look at the payment instead of paying again.',
    zh: '订单已经付过款。请查看支付结果，不要重复付款。',
  },
  paidUnderReview: {
    en: 'Money came for the order that doesn’t fit it, and an operator is looking at it. Wait for the decision instead of paying again.',
    zh: '收到的款项与订单不符，工作人员正在核对。请等待核对结果，不要重复付款。',
  },
} satisfies Texts
