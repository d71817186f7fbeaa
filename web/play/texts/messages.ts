import type { Text } from '../../kit/text.ts'

/** WeChat messages, whose keys are those of the default templates. */
export const messageTexts = {
  serviceNotice: ['服务通知', 'Service message'],
  messagePaid: ['订单支付成功', 'Your booking is paid'],
  messageCheckIn: ['入住提醒', 'Check-in'],
  messageRefunded: ['退款到账', 'Your refund'],
  messageWAITING: ['正在发送', 'on its way'],
  messageSENT: ['已发送', 'sent'],
  messageREFUSED: ['未获同意，没有发送', 'refused, not sent'],
  messagesOfOrder: ['微信消息', 'WeChat messages'],
  askAgain: ['重新接收消息', 'Allow messages'],
  consentSheet: ['想给你发送以下消息', 'wants to send you these messages'],
  consentNote: ['同意一次，发送一条', 'One consent, one message'],
  allow: ['允许', 'Allow'],
  refuse: ['拒绝', 'Refuse'],
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
} as const satisfies Record<string, Text>
