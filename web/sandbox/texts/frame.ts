import type { Text } from '../../kit/text.ts'

/** The frame of the page, and what every view may say. */
export const frameTexts = {
  sandbox: ['微信沙箱', 'WeChat sandbox'],
  noRealMoney: ['不花真钱', 'no real money'],
  language: ['English', '中文'],
  skip: ['跳到内容', 'Skip to the content'],
  views: ['页面', 'Views'],
  'view.ledger': ['账本', 'Ledger'],
  'view.faults': ['故障', 'Faults'],
  'view.clock': ['时钟与密钥', 'Clock and keys'],
  'view.requests': ['请求', 'Requests'],
  'view.pay': ['付款', 'Pay'],

  loading: ['正在读取……', 'Loading …'],
  tryAgain: ['再试一次', 'Try again'],
  UNREACHABLE: ['沙箱没有应答。它还在运行吗？', 'The sandbox doesn’t answer. Is it still running?'],
  UNEXPECTED: ['出了意外，沙箱的日志里有记录。', 'Something unexpected went wrong; the sandbox’s log has it.'],
} as const satisfies Record<string, Text>
