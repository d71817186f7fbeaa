/** A subscribe message on the guest's phone. */
export interface Message {
  messageId: string
  openid: string
  templateId: string
  page?: string
  data: Record<string, { value: string }>
  sentAt: number
}

export interface Notice {
  noticeId: string
  eventType: string
  /** The out_trade_no or out_refund_no that it is about. */
  subject: string
  content: unknown
  attempts: number
  state: 'WAITING' | 'TAKEN' | 'GIVEN_UP'
  nextAttemptAt: number
}

interface Refund {
  outRefundNo: string
  outTradeNo: string
  refundId: string
  status: string
  firstRequest?: unknown
}

interface WechatOrder {
  outTradeNo: string
  state: string
  prepayIds: { prepayId: string }[]
  firstRequest: unknown
}

/** What the sandbox remembers, as far as the page draws it. */
export interface Ledger {
  orders: WechatOrder[]
  refunds: Refund[]
  notices: Notice[]
  messages: Message[]
}
