/** All instants here (`…At`) are milliseconds since 1970. */
export interface Order {
  outTradeNo: string
  openid: string
  description: string
  attach?: string
  totalFen: number
  notifyUrl: string
  createdAt: number
  /** The buyer may pay until then (`time_expire`); nothing closes the order by itself. */
  expiresAt: number
  /** The parameters of the first prepay; a re-entry must repeat them. */
  firstRequest: unknown
  prepayIds: { prepayId: string; createdAt: number }[]
  state: 'NOTPAY' | 'SUCCESS' | 'REFUND' | 'CLOSED'
  payment?: Payment
  outRefundNos: string[]
  /** How often shipping information was entered. */
  shipments: number
}

export type CouponType = 'CASH' | 'NOCASH'

export interface Payment {
  transactionId: string
  paidAt: number
  couponFen: number
  /** CASH unless it says NOCASH: a coupon that nobody pays for, so that the merchant is settled less. */
  couponType?: CouponType
}

export type RefundStatus = 'PROCESSING' | 'SUCCESS' | 'ABNORMAL' | 'CLOSED'

/** What a refund can become; what it is until then is PROCESSING. */
export type RefundEnd = Exclude<RefundStatus, 'PROCESSING'>

export interface Refund {
  refundId: string
  outRefundNo: string
  outTradeNo: string
  transactionId: string
  refundFen: number
  totalFen: number
  payerTotalFen: number
  payerRefundFen: number
  notifyUrl?: string
  status: RefundStatus
  createdAt: number
  succeededAt?: number
  /** The parameters of the first request; absent when it was made by hand on the merchant platform. */
  firstRequest?: unknown
  /** What becomes of it, and when; absent when it stays as it is. */
  end?: { status: RefundEnd; at: number }
}

export interface Notice {
  noticeId: string
  eventType: string
  originalType: 'transaction' | 'refund' | 'security'
  summary: string
  /** `out_trade_no` of a payment, `out_refund_no` of a refund, the message of an echo. */
  subject: string
  url: string
  /** What is encrypted. */
  content: Record<string, unknown>
  createdAt: number
  attempts: number
  state: 'WAITING' | 'TAKEN' | 'GIVEN_UP'
  nextAttemptAt: number
}

export interface Message {
  messageId: string
  openid: string
  templateId: string
  page?: string
  data: Record<string, { value: string }>
  sentAt: number
}

export interface AccessToken {
  token: string
  issuedAt: number
  expiresAt: number
  forced: boolean
}

/** What WeChat Pay signs with when it doesn't use its public key, and the secret of it. */
export interface PlatformCertificate {
  /** 40 hexadecimal digits. */
  serial: string
  /** PEM. */
  certificate: string
  /** PEM. */
  privateKey: string
  startsAt: number
  endsAt: number
}

interface Tables {
  orders: Order
  refunds: Refund
  notices: Notice
  messages: Message
  users: { openid: string }
  usedCodes: { code: string }
  accessTokens: AccessToken
  platformCertificates: PlatformCertificate
}
export type TableName = keyof Tables

const keyOf: { [T in TableName]: (row: Tables[T]) => string } = {
  orders: (row) => row.outTradeNo,
  refunds: (row) => row.outRefundNo,
  notices: (row) => row.noticeId,
  messages: (row) => row.messageId,
  users: (row) => row.openid,
  usedCodes: (row) => row.code,
  accessTokens: (row) => row.token,
  platformCertificates: (row) => row.serial,
}
export const tableNames = Object.keys(keyOf) as TableName[]

/** A row as it shall be from now on. */
export type Change = { [T in TableName]: readonly [T, Tables[T]] }[TableName]

export type Ledger = { readonly [T in TableName]: ReadonlyMap<string, Tables[T]> } & {
  findByPrepayId(prepayId: string): Order | undefined
  findByTransactionId(transactionId: string): Order | undefined
  findRefundById(refundId: string): Refund | undefined
  /** Makes all changes or, when they can't be kept, none. */
  commit(...changes: Change[]): void
}

/** An empty ledger filled with `rows`; `keep` makes each later commit last, before it can be seen. */
export function openLedger(rows: Iterable<Change>, keep: (changes: readonly Change[]) => void): Ledger {
  const tables = Object.fromEntries(tableNames.map((name) => [name, new Map()])) as {
    [T in TableName]: Map<string, Tables[T]>
  }
  const outTradeNos = new Map<string, string>()
  const outRefundNos = new Map<string, string>()

  function apply([name, row]: Change): void {
    const table = tables[name] as Map<string, typeof row>
    table.set((keyOf[name] as (row: Change[1]) => string)(row), row)
    if (name === 'orders') {
      for (const { prepayId } of row.prepayIds) outTradeNos.set(prepayId, row.outTradeNo)
      if (row.payment) outTradeNos.set(row.payment.transactionId, row.outTradeNo)
    }
    if (name === 'refunds') outRefundNos.set(row.refundId, row.outRefundNo)
  }
  for (const row of rows) apply(row)

  const findOrder = (number: string) => tables.orders.get(outTradeNos.get(number) ?? '')
  return {
    ...tables,
    findByPrepayId: findOrder,
    findByTransactionId: findOrder,
    findRefundById: (refundId) => tables.refunds.get(outRefundNos.get(refundId) ?? ''),
    commit(...changes) {
      keep(changes)
      for (const change of changes) apply(change)
    },
  }
}
