import type { Text } from '../../kit/text.ts'

/** What the API and WeChat refuse, by code, where the page says it in its own words; else the API’s message is shown. */
export const failureTexts = {
  HOMESTAY_UNAVAILABLE: ['这几晚已经有人订了。', 'Somebody has taken these nights.'],
  TOO_MANY_UNPAID_ORDERS: ['未付款的订单太多：先付掉或取消一个。', 'Too many unpaid orders: pay or cancel one first.'],
  TRADE_CODE_INVALID: [
    '码不对：不存在、已用过，或是另一位房东的。',
    'Not a code to redeem here: unknown, used, or another host’s.',
  ],
  UNAUTHENTICATED: ['登录已过期，请重新登录。', 'The session has ended. Sign in again.'],
  ORDERPAID: ['微信：这笔已经付过了。', 'WeChat: this is paid already.'],
  ORDER_CLOSED: ['微信：这个订单已关闭，或付款时间已过。', 'WeChat: this order is closed, or its time is over.'],
  wechatRefuses: [
    '微信暂时拒绝，再试也没有用：请联系商家。',
    'WeChat refuses for now. Trying again doesn’t help: ask the shop.',
  ],
} as const satisfies Record<string, Text>
