import type { Text } from '../../kit/text.ts'

/** Who hears of changes, and what operators did. */
export const eventTexts = {
  webhooks: ['接收地址', 'Webhooks'],
  noWebhooks: ['还没有接收地址。', 'No endpoint is there yet.'],
  enabled: ['已启用', 'enabled'],
  disabled: ['已停用', 'disabled'],
  disabledWhy: ['停用原因', 'Why it is disabled'],
  failingSince: ['{at} 起一直失败', 'failing since {at}'],
  allEvents: ['全部', 'all'],
  waitsForIt: ['等待发送', 'Waiting'],
  failedOnes: ['失败', 'Failed'],
  deliveries: ['推送记录', 'Deliveries'],
  noDeliveries: ['还没有推送过。', 'Nothing was sent to it yet.'],
  deliveryVersion: ['第 {version} 版', 'version {version}'],
  deliveryTries: ['已试 {count} 次', 'tries {count}'],
  replayed: ['重新推送', 'replayed'],
  'delivery.PENDING': ['等待发送', 'waiting'],
  'delivery.DELIVERED': ['已送达', 'delivered'],
  'delivery.FAILED': ['失败', 'failed'],
  listeners: ['事件监听者', 'Listeners'],
  noListeners: ['没有事件监听者。', 'Nothing of ours listens.'],
  hearsSince: ['开始于', 'Since'],
  trail: ['最近的人工操作记录', 'What operators did lately'],
  'via.COMMAND': ['命令行', 'by the command'],
  'via.CONSOLE': ['运营台', 'in the console'],
  noActs: ['还没有人操作过。', 'Nobody did anything yet.'],
} as const satisfies Record<string, Text>
