import type { Sandbox } from '@looklook-pay/sandbox'
import type {
  BillDay,
  BillDifference,
  HomestayOrder,
  Message,
  Payment,
  PaymentEvent,
  PaymentMismatch,
  Refund,
} from '../../prisma/client/client.ts'
import type { MessageKind, PayStatus } from '../../prisma/client/enums.ts'

type RowOf<Table> = Table extends ReadonlyMap<string, infer Row> ? Row : never
type Ledger = Sandbox['ledger']

/** What an API process has answered to somebody: it must hold whatever died afterwards. */
export interface Told {
  what: 'booked' | 'tapped' | 'cancelled' | 'refund accepted' | 'redeemed'
  orderSn: string
  paymentSn?: string
  at: number
}

/** What somebody asked for, answered or not: the only reasons for which money may go back. */
interface Asked {
  what: 'cancel' | 'refund' | 'manual refund' | 'late payment' | 'refund mismatch'
  orderSn: string
  at: number
}

/** What one subscription to one payment received, in its order. */
export interface Stream {
  paymentSn: string
  seen: { version: number; status: PayStatus; at: number }[]
}

/** An event as another service has received it. */
interface ReceivedEvent {
  paymentSn: string
  version: number
  status: PayStatus
  previousStatus: PayStatus | null
  at: number
}

export interface Exit {
  process: string
  code: number | null
  signal: string | null
  /** Whether the harness ended it. */
  isOurs: boolean
  at: number
}

/** From the end of a trouble until every process was ready again, and a payment has changed since. */
export interface Recovery {
  trouble: string
  ms: number
}

/** Everything that a run left behind once all had settled. Instants are milliseconds since 1970, or dates as the database has them. */
export interface Evidence {
  /** When the rows were read. */
  settledAt: number
  orders: Pick<HomestayOrder, 'sn' | 'tradeState' | 'paidBySn' | 'payBefore' | 'liveEndDate'>[]
  payments: Pick<
    Payment,
    | 'sn'
    | 'orderSn'
    | 'openid'
    | 'status'
    | 'transactionId'
    | 'paidTotal'
    | 'refundedTotal'
    | 'closedAt'
    | 'underReviewAt'
    | 'heldAt'
    | 'version'
    | 'appliedVersion'
    | 'queuedVersion'
    | 'lastQueriedAt'
  >[]
  events: Pick<PaymentEvent, 'paymentSn' | 'version' | 'at' | 'fromStatus' | 'toStatus' | 'source'>[]
  refunds: Pick<Refund, 'outRefundNo' | 'paymentSn' | 'cause' | 'status' | 'refundTotal' | 'endedAt'>[]
  mismatches: Pick<
    PaymentMismatch,
    'id' | 'paymentSn' | 'subject' | 'number' | 'kind' | 'createdAt' | 'resolvedAt' | 'resolution'
  >[]
  messages: Pick<Message, 'paymentSn' | 'kind' | 'openid' | 'status' | 'nextTryAt'>[]
  billDays: Pick<BillDay, 'billOn' | 'status' | 'note'>[]
  /** What a person must decide, by the bills. */
  undecided: Pick<BillDifference, 'billOn' | 'class' | 'number' | 'outTradeNo' | 'atWechat' | 'here'>[]
  wechat: {
    orders: Pick<
      RowOf<Ledger['orders']>,
      'outTradeNo' | 'totalFen' | 'state' | 'payment' | 'outRefundNos' | 'shipments'
    >[]
    refunds: Pick<RowOf<Ledger['refunds']>, 'outRefundNo' | 'outTradeNo' | 'refundFen' | 'status' | 'createdAt'>[]
    notices: Pick<RowOf<Ledger['notices']>, 'subject' | 'eventType' | 'state' | 'createdAt' | 'takenAt'>[]
    messages: Pick<RowOf<Ledger['messages']>, 'openid' | 'templateId' | 'sentAt'>[]
    templates: Record<MessageKind, string>
  }
  told: Told[]
  asked: Asked[]
  streams: Stream[]
  received: ReceivedEvent[]
  exits: Exit[]
  recoveries: Recovery[]
}
