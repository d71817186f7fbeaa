import type { Text } from '../../kit/text.ts'

/** Requests and the reasons of refusals. */
export const requestTexts = {
  requests: ['收到的请求', 'Requests'],
  requestsHow: [
    '沙箱收到的请求，最新的在前，不含密钥和令牌。被拒绝的，说明哪个字段、哪条规则、微信的哪篇文档。',
    'What the sandbox was sent, newest first, without secrets. Of a refusal: which field, which rule, and where WeChat describes it.',
  ],
  refusedOnly: ['只看被拒绝的', 'Refused only'],
  noRequests: ['还没有。', 'None yet.'],
  moreRequests: ['再显示一些（还有 {count} 个）', 'Show more ({count} left)'],
  ownAbility: ['沙箱自己的功能', 'The sandbox’s own'],
  otherCall: ['其他', 'Another call'],
  hitBy: ['故障：{fault}', 'Fault: {fault}'],
  document: ['微信文档', 'WeChat’s document'],
  sentAt: ['时间', 'Time'],
  headers: ['请求头', 'Headers'],
  body: ['请求体', 'Body'],
} as const satisfies Record<string, Text>
