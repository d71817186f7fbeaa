/** Each text in Chinese and English; `{name}` is a placeholder. */
const texts = {
  tagline: ['一笔微信支付，从下单到入住', 'One WeChat payment, from booking to check-in'],
  language: ['English', '中文'],
  graphiql: ['GraphiQL', 'GraphiQL'],
  health: ['健康检查', 'Health'],
  sandboxBadge: ['沙箱', 'Sandbox'],
  noRealMoney: ['不花真钱', 'no real money'],
  realWechat: [
    '此服务连接的是真实的微信：浏览器不能在这里付款，付款面板已隐藏。登录需要 wx.login 给出的 code。',
    'This server talks to the real WeChat: a browser can’t pay here, so the pay sheet is hidden. Signing in takes a code from wx.login.',
  ],
  unreachable: ['服务没有应答。它还在运行吗？', 'The server doesn’t answer. Is it still running?'],
  unexpected: ['出了意外：{message}', 'Something unexpected: {message}'],

  stepSignIn: ['登录', 'Sign in'],
  stepBook: ['预订', 'Book'],
  stepPay: ['付款', 'Pay'],
  stepLive: ['实时到账', 'Confirmed live'],
  stepCode: ['入住码', 'Entry code'],
  stepRedeem: ['核销', 'Redeem'],
  steps: ['进度', 'Progress'],
  views: ['切换画面', 'What is shown'],
  hintSignIn: ['在手机上点“微信登录”', 'On the phone, tap “Sign in with WeChat”'],
  hintBook: ['挑一间民宿，选好日子，提交预订', 'Choose a homestay and your nights, then book'],
  hintPay: ['点“去付款”，微信付款面板会弹出来', 'Tap “Pay”: WeChat’s sheet comes up'],
  hintLive: ['钱已付，等服务端确认……', 'Paid. Waiting for the server to confirm …'],
  hintRedeem: ['把入住码给前台：点手机上的码，或自己输入', 'Show the code at the counter: tap it, or type it'],
  hintDone: ['完成了。再订一间，或者捣捣乱试试', 'Done. Book another one, or make some trouble'],

  guest: ['客人', 'Guest'],
  api: ['looklook-pay', 'looklook-pay'],
  wechat: ['微信', 'WeChat'],
  host: ['前台', 'Counter'],
  guestPhone: ['客人的手机', 'The guest’s phone'],
  hostCounter: ['房东的前台', 'The host’s counter'],
  traffic: ['往来消息', 'Messages'],
  trafficList: ['按时间排列的往来消息', 'What travelled, oldest first'],
  trafficNew: ['↓ {count} 条新消息', '↓ {count} new'],
  trafficLead: ['点开任何一条，看原文。', 'Open any line to read what it says.'],
  trafficEmpty: [
    '这里会画出它们之间来去的一切：请求、回答、推送、通知。',
    'Everything that travels between them is drawn here: requests, answers, pushes, notices.',
  ],
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
  trafficPush: ['推送', 'push'],

  trouble: ['捣捣乱', 'Make trouble'],
  troubleNotice: ['下一条支付通知', 'The next payment notice'],
  noticeArrives: ['正常到达', 'arrives'],
  noticeLost: ['丢失', 'is lost'],
  noticeTwice: ['来两次', 'comes twice'],
  noticeForged: ['签名不对', 'is forged'],
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

  brand: ['看看民宿', 'Looklook Stays'],
  welcome: ['今晚住哪儿，看看再说', 'Have a look, then stay the night'],
  signIn: ['微信登录', 'Sign in with WeChat'],
  guestName: ['沙箱里的 openid', 'Your openid in the sandbox'],
  guestCode: ['wx.login 的 code', 'The code from wx.login'],
  tabStays: ['民宿', 'Stays'],
  tabOrders: ['订单', 'Orders'],
  tabMessages: ['消息', 'Messages'],
  chooseStay: ['挑一间', 'Choose a homestay'],
  perNight: ['/晚', ' a night'],
  perPersonNight: ['/人·晚', ' a person and night'],
  usually: ['原价', 'usually'],
  sleeps: ['可住 {count} 人', 'sleeps {count}'],
  otherHost: ['另一位房东', 'another host’s'],
  otherHostWhy: [
    '这间是另一位房东的：本页的前台会拒绝它的入住码。',
    'This one is another host’s: the counter on this page will refuse its code.',
  ],
  back: ['返回', 'Back'],
  arrival: ['入住', 'Arrive'],
  nights: ['几晚', 'Nights'],
  people: ['几人', 'People'],
  fewer: ['少一{what}', 'Fewer {what}'],
  more: ['多一{what}', 'More {what}'],
  nightWord: ['晚', 'nights'],
  personWord: ['人', 'people'],
  food: ['含餐', 'With meals'],
  stayLine: ['{nights} 晚 · {from} 至 {to}', '{nights} nights · {from} to {to}'],
  stayLineOne: ['1 晚 · {from} 至 {to}', '1 night · {from} to {to}'],
  roomPrice: ['房费', 'Stay'],
  foodPrice: ['餐费', 'Meals'],
  total: ['合计', 'Total'],
  book: ['提交预订', 'Book'],
  moved: ['已替你换到之后的日子，再提交一次。', 'Moved to the next nights: book again.'],
  booked: ['已订', 'taken'],

  noOrders: ['还没有订单。', 'No orders yet.'],
  noMessages: [
    '付款后，入住码会以微信消息发到这里。',
    'Once you have paid, the entry code arrives here as a WeChat message.',
  ],
  payWithin: ['请在 {time} 内付款', 'Pay within {time}'],
  pay: ['去付款', 'Pay'],
  cancel: ['取消订单', 'Cancel the order'],
  refund: ['申请退款', 'Ask for a refund'],
  underReview: ['款项核对中', 'Under review'],
  underReviewHint: [
    '收到的款项与订单不符，工作人员正在核对。请不要再次付款。',
    'Money came that doesn’t fit the order, and an operator is looking at it. Please don’t pay again.',
  ],
  confirming: ['付款成功，等待服务端确认', 'Paid. Waiting for the server'],
  codeLabel: ['入住码', 'Entry code'],
  showCode: ['点一下，出示给前台', 'Tap to show it at the counter'],
  live: ['实时', 'Live'],
  notLive: ['支付状态', 'Payment'],
  liveBroken: ['连接断开，正在重连', 'Reconnecting'],
  paidAmount: ['实付', 'Paid'],
  refundedAmount: ['已退', 'Refunded'],
  orderNumber: ['订单号', 'Order'],
  guestsLine: ['{count} 人', '{count} people'],
  guestsLineOne: ['1 人', '1 person'],
  withFood: ['含餐', 'with meals'],
  anotherStay: ['再订一间', 'Book another'],

  WAIT_PAY: ['待付款', 'Waiting for payment'],
  WAIT_USE: ['待入住', 'Ready for check-in'],
  USED: ['已入住', 'Checked in'],
  CANCELLED: ['已取消', 'Cancelled'],
  REFUNDING: ['退款中', 'Refunding'],
  REFUNDED: ['已退款', 'Refunded'],
  EXPIRED: ['已过期', 'Expired'],

  paySheet: ['微信支付', 'WeChat Pay'],
  payTo: ['付款给 看看民宿', 'To Looklook Stays'],
  payWith: ['付款方式', 'Pay with'],
  balance: ['零钱', 'Balance'],
  payNow: ['确认付款', 'Pay now'],
  close: ['关闭', 'Close'],
  paid: ['付款成功', 'Paid'],
  sheetNote: ['这是沙箱：签名照验，不扣真钱。', 'A sandbox: the signature is checked, no money moves.'],

  serviceNotice: ['服务通知', 'Service message'],
  messagePaid: ['订单支付成功', 'Your booking is paid'],
  messageCheckIn: ['入住提醒', 'Check-in'],
  messageRefunded: ['退款到账', 'Your refund'],
  character_string6: ['订单号', 'Order'],
  thing1: ['民宿', 'Homestay'],
  amount2: ['金额', 'Amount'],
  time4: ['入住', 'Arrive'],
  time5: ['离店', 'Leave'],
  date2: ['入住', 'Arrive'],
  date3: ['离店', 'Leave'],
  character_string4: ['入住码', 'Entry code'],
  character_string1: ['订单号', 'Order'],
  thing2: ['民宿', 'Homestay'],
  amount3: ['退款', 'Refund'],

  hostSignIn: ['以房东身份登录', 'Sign in as the host'],
  hostHello: ['洱海边的院子 · 龙井山居', 'Lakeside · Tea Hill House'],
  codeInput: ['客人的入住码', 'The guest’s entry code'],
  redeem: ['核销', 'Redeem'],
  redeemed: ['请入住', 'Welcome'],
  redeemedSeal: ['入住', '入住'],
  hostIdle: ['等客人出示入住码', 'Waiting for a guest’s code'],

  INVALID_INPUT: ['有一项填得不对。', ''],
  NOT_FOUND: ['找不到它。', ''],
  LOGIN_CODE_INVALID: ['微信不认识这个 code。', ''],
  HOMESTAY_UNAVAILABLE: ['这几晚已经有人订了。', 'Somebody has taken these nights.'],
  TOO_MANY_UNPAID_ORDERS: ['未付款的订单太多：先付掉或取消一个。', 'Too many unpaid orders: pay or cancel one first.'],
  IDEMPOTENCY_KEY_REUSED: ['这个预订的键已用于别的内容。', ''],
  ORDER_NOT_PAYABLE: ['这个订单不能付款了。', ''],
  ORDER_ALREADY_PAID: ['这个订单已经付过款。', ''],
  ORDER_NOT_CANCELLABLE: ['这个订单不能取消了。', ''],
  ORDER_NOT_REFUNDABLE: ['这个订单不能退款了。', ''],
  TRADE_CODE_INVALID: [
    '码不对：不存在、已用过，或是另一位房东的。',
    'Not a code to redeem here: unknown, used, or another host’s.',
  ],
  RATE_LIMITED: ['太快了，稍后再试。', ''],
  UNAUTHENTICATED: ['登录已过期，请重新登录。', 'The session has ended. Sign in again.'],
  ORDERPAID: ['微信：这笔已经付过了。', 'WeChat: this is paid already.'],
  ORDER_CLOSED: ['微信：这个订单已关闭，或付款时间已过。', 'WeChat: this order is closed, or its time is over.'],
  WECHAT_UNAVAILABLE: ['微信没有应答，请再试一次。', ''],
  wechatRefuses: [
    '微信暂时拒绝，再试也没有用：请联系商家。',
    'WeChat refuses for now. Trying again doesn’t help: ask the shop.',
  ],
}

const stored = localStorage.getItem('language')
let language = stored ?? (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en')
const listeners = []

/** The text in the page's language. */
export function t(key, values = {}) {
  if (!hasText(key)) reportError(new Error(`There is no text called ${key}`))
  const text = texts[key]?.[language === 'zh' ? 0 : 1] ?? key
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''))
}

/** Whether there is a text with this key; a value without one is shown as it is. */
export function hasText(key) {
  return key in texts
}

/** The text that tells a user about a failure. */
export function failureText({ code, message, retryable }) {
  if (retryable === false) return t('wechatRefuses')
  if (code === 'UNREACHABLE') return t('unreachable')
  return (hasText(code) && t(code)) || message || code
}

/** For `lang` and Intl. */
export function locale() {
  return language === 'zh' ? 'zh-CN' : 'en'
}

export function switchLanguage() {
  language = language === 'zh' ? 'en' : 'zh'
  localStorage.setItem('language', language)
  for (const listener of listeners) listener()
}

export function onLanguage(listener) {
  listeners.push(listener)
}
