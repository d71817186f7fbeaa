import type { Text } from '../../kit/text.ts'

/** Faults to try out. */
export const troubleTexts = {
  viewTrouble: ['捣乱', 'Trouble'],
  trouble: ['捣捣乱', 'Make trouble'],
  troubleNotice: ['下一条支付通知', 'The next payment notice'],
  noticeArrives: ['正常到达', 'arrives'],
  noticeLost: ['丢失', 'is lost'],
  noticeTwice: ['来两次', 'comes twice'],
  noticeAmount: ['金额不对', 'wrong amount'],
  noticeForged: ['签名不对', 'is forged'],
  troubleRefund: ['下一笔退款', 'The next refund'],
  refundArrives: ['正常退到', 'arrives'],
  refundAbnormal: ['退款异常', 'ends ABNORMAL'],
  refundElsewhere: ['退到另一个账户', 'Refund to another account'],
  refundElsewhereWhy: [
    '退款异常的订单：商家的人换个账户再退',
    'An abnormal refund: an operator sends the money elsewhere',
  ],
  refundElsewhereDone: ['改退到另一个账户了，到了会推送。', 'Sent to another account; a push says when it is there.'],
  outages: ['停掉一个部分', 'Take a part away'],
  wechat503: ['微信没有应答', 'WeChat is down'],
  worker: ['后台任务停了', 'The worker is killed'],
  redis: ['Redis 不在了', 'Redis is away'],
  payAgain: ['再付一次', 'Pay once more'],
  payAgainWhy: ['付过的订单，换台手机再点付款', 'A second tap on “Pay”, for an order that is paid'],
  payAgainDone: ['服务端：{api}。微信：{wechat}。钱只收了一次。', 'Server: {api}. WeChat: {wechat}. Charged once.'],
  payAgainServer: ['服务端：{api}。钱只收了一次。', 'Server: {api}. Charged once.'],
  bankLate: ['取消后银行才扣款', 'The bank pays after the cancel'],
  bankLateWhy: [
    '打开过付款面板的订单，取消，然后钱来了',
    'Cancel an order whose sheet was opened; then the money comes',
  ],
  bankLateDone: ['订单已取消，钱还是来了：会全额退回。', 'Cancelled, and paid all the same: it all goes back.'],
} as const satisfies Record<string, Text>
