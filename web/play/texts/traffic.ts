import type { Text } from '../../kit/text.ts'

/** What travels between guest, API, WeChat and host. */
export const trafficTexts = {
  guest: ['客人', 'Guest'],
  api: ['looklook-pay', 'looklook-pay'],
  wechat: ['微信', 'WeChat'],
  host: ['前台', 'Counter'],
  guestPhone: ['客人的手机', 'The guest’s phone'],
  hostCounter: ['房东的前台', 'The host’s counter'],
  traffic: ['往来消息', 'Messages'],
  trafficList: ['按时间排列的往来消息', 'What travelled, oldest first'],
  trafficOrder: ['订单…{end}', 'order …{end}'],
  trafficNew: ['↓ {count} 条新消息', '↓ {count} new'],
  trafficLead: ['点开任何一条，看原文。', 'Open any line to read what it says.'],
  trafficEmpty: [
    '这里会画出它们之间来去的一切：请求、回答、推送、通知。',
    'Everything that travels between them is drawn here: requests, answers, pushes, notices.',
  ],
  trafficOperation: ['操作', 'The operation'],
  trafficSent: ['发出的内容', 'What was sent'],
  trafficAnswer: ['回答', 'The answer'],
  clear: ['清空', 'Clear'],
  trafficPay: ['付款', 'pays'],
  trafficLate: ['银行迟到的付款', 'the bank pays late'],
  trafficLateWhy: [
    '银行处理得慢：订单在微信已经关闭，钱还是扣了。',
    'A slow bank: the order is closed at WeChat, and the money is taken all the same.',
  ],
  trafficLedger: ['取自沙箱的账本。', 'As the sandbox’s ledger shows it.'],
  trafficNotice: [
    '回调通知：内容用 APIv3 密钥加密、用微信支付私钥签名后发出。这里是沙箱账本里的原文。',
    'The notice travels encrypted with the APIv3 key and signed by WeChat Pay. This is its content, from the sandbox’s ledger.',
  ],
  trafficConsent: ['订阅授权', 'message consent'],
  trafficMessage: ['订阅消息', 'subscribe message'],
  trafficLost: ['丢了', 'lost'],
  trafficUntaken: ['没有被接收', 'not taken'],
  trafficAgain: ['{time} 再发', 'again {time}'],
  trafficRepeat: ['（第 {attempt} 次）', '(delivery {attempt})'],
  trafficQuery: ['查询订单', 'queries the order'],
  trafficQueryWhy: [
    '没有一条通知被接收，状态却变了：服务端主动查询了微信。（推断，沙箱账本里没有查询记录。）',
    'No notice was taken, and yet the state has moved: the server queried WeChat by itself. (Deduced: the ledger keeps no queries.)',
  ],
  trafficWrongAmount: [
    '一条签名没错的通知，金额却不对：记下来等人核对，不动订单。',
    'A notice with a right signature and a wrong amount: it is kept for a person, and the order is left alone.',
  ],
  trafficRetry: ['退到另一个账户', 'refund to another account'],
  trafficRetryWhy: [
    '退款异常：客人的卡或账户收不了钱。商家的人在商户平台上改退到别的账户。',
    'An abnormal refund: the guest’s card or account can’t take the money. An operator sends it to another one.',
  ],
  trafficPush: ['推送', 'push'],
} as const satisfies Record<string, Text>
