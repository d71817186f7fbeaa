import type { Text } from '../../kit/text.ts'

/** What goes on now. */
export const boardTexts = {
  live: ['实时', 'Live'],
  notLive: ['连接中断，正在重连', 'Not live, reconnecting'],
  asOf: ['截至 {time}', 'as of {time}'],
  todayMoney: ['今日实收', 'Collected today'],
  todayPayments: ['今日支付笔数', 'Payments today'],
  todayTaps: ['今日点击付款', 'Taps on “Pay” today'],
  ofThemPaid: ['{share} 已支付', '{share} of them paid'],
  tapToPaid: ['点击到到账，近一小时', 'Tap to paid, last hour'],
  // Breaks after the semicolon alone, where it must.
  p95: ['中位数；95%\u00a0在\u00a0{time}\u00a0以内', 'median; 95 % within {time}'],
  noAnswer: ['没有应答', 'no answer'],

  history: ['走势', 'Over time'],
  span: ['时间范围', 'Time span'],
  'span.day': ['24 小时', '24 hours'],
  'span.week': ['7 天', '7 days'],
  'span.month': ['30 天', '30 days'],
  plotMoney: ['实收（元）', 'Collected, in yuan'],
  plotTaps: ['点击付款与支付笔数', 'Taps on “Pay”, and payments'],
  payments: ['支付', 'Payments'],
  taps: ['点击', 'Taps'],
  asTable: ['看表格', 'As a table'],
  plotBroken: ['图表加载失败，请看下面的表格。', 'The plot could not be loaded. Its numbers are in the table below.'],

  waitsForPerson: ['等人处理', 'Waits for a person'],
  'waiting.mismatches': ['异常单', 'Mismatches'],
  'waiting.heldPayments': ['挂起的支付单', 'Payments on hold'],
  'waiting.stuckRefunds': ['卡住的退款', 'Stuck refunds'],
  'waiting.stuckOrders': ['停滞的订单', 'Stuck orders'],
  'waiting.deadJobs': ['死信任务', 'Dead letters'],
  'waiting.billDifferences': ['账单差异', 'Bill differences'],
  'waiting.missingBills': ['缺失的账单', 'Missing bills'],
  workers: ['运行中的 worker', 'Workers alive'],
  noWorker: [
    '30 秒内没有任何 worker：没有人同步支付、发送消息或办理退款。请启动 worker。',
    'No worker was seen for 30 s: nobody applies payments, sends messages or makes refunds. Start one.',
  ],
  wechatAnswers: ['微信近一小时的应答', 'WeChat’s answers, last hour'],
  noAnswers: ['近一小时没有调用微信。', 'WeChat wasn’t called within the last hour.'],
  times: ['{count} 次', '{count} ×'],
} as const satisfies Record<string, Text>
