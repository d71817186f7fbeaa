import type { Complaint } from './complaint.ts'

/*
 * What WeChat remembers: rows in tables, each found by its key. All instants (`…At`) are milliseconds since 1970.
 */

/** How an order is paid: in WeChat, by a scanned code, by a page outside WeChat, by an app. */
export type TradeType = 'JSAPI' | 'NATIVE' | 'MWEB' | 'APP'

export interface Order {
  outTradeNo: string
  /** JSAPI by default. */
  tradeType?: TradeType
  /** Who pays; unknown until a payment where the prepay doesn't say it. */
  openid?: string
  description: string
  attach?: string
  totalFen: number
  notifyUrl: string
  createdAt: number
  /** Until when the buyer may pay (`time_expire`); the order stays open after that. */
  expiresAt: number
  /** The parameters of the first prepay; another prepay must repeat them. */
  firstRequest: unknown
  prepayIds: { prepayId: string; createdAt: number }[]
  state: 'NOTPAY' | 'SUCCESS' | 'REFUND' | 'CLOSED'
  payment?: Payment
  outRefundNos: string[]
  /** How often shipping info was uploaded. */
  shipments: number
}

export type CouponType = 'CASH' | 'NOCASH'

export interface Payment {
  transactionId: string
  paidAt: number
  couponFen: number
  /** CASH by default. NOCASH: nobody pays the merchant the coupon's amount. */
  couponType?: CouponType
}

type RefundStatus = 'PROCESSING' | 'SUCCESS' | 'ABNORMAL' | 'CLOSED'

/** How a refund can end; until then it is PROCESSING. */
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
  /** The parameters of the first request; absent for a manual refund. */
  firstRequest?: unknown
  /** How it will end, and when; absent when it stays as it is. */
  end?: { status: RefundEnd; at: number }
}

export interface Notice {
  noticeId: string
  eventType: string
  originalType: 'transaction' | 'refund' | 'security' | 'complaint'
  summary: string
  /** The out_trade_no of a payment, the out_refund_no of a refund, the message of an echo, the complaint_id of a complaint. */
  subject: string
  url: string
  /** What is encrypted as its resource. */
  content: Record<string, unknown>
  createdAt: number
  attempts: number
  state: 'WAITING' | 'TAKEN' | 'GIVEN_UP'
  /** When the merchant's answer that took it had come. */
  takenAt?: number
  nextAttemptAt: number
  /** By the schedule, oldest first. */
  deliveries?: Delivery[]
}

export interface Delivery {
  at: number
  /** What the merchant answered; absent when no answer came. */
  status?: number
  /** The kind of fault that it met. */
  fault?: string
}

export interface Message {
  messageId: string
  openid: string
  templateId: string
  page?: string
  data: Record<string, { value: string }>
  sentAt: number
}

/** How many more messages of a template a user may be sent. */
export interface Consent {
  openid: string
  templateId: string
  left: number
}

export function consentKey({ openid, templateId }: Pick<Consent, 'openid' | 'templateId'>): string {
  return `${openid} ${templateId}`
}

export interface AccessToken {
  token: string
  issuedAt: number
  expiresAt: number
  forced: boolean
  /** From `/cgi-bin/token`, which knows nothing of stable tokens. */
  plain?: true
}

/** A certificate that WeChat Pay signs with, as merchants had them before the public key, and its private key. */
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

/** A public key of WeChat Pay's after a rotation; without one, the only key is that of the credentials. */
export interface PublicKey {
  publicKeyId: string
  /** PEM. */
  publicKey: string
  /** PEM. */
  privateKey: string
}

/** Where notices of complaints go. */
interface ComplaintUrl {
  mchid: string
  /** Null when it was deleted. */
  url: string | null
}

interface Tables {
  orders: Order
  refunds: Refund
  notices: Notice
  messages: Message
  consents: Consent
  users: { openid: string }
  usedCodes: { code: string }
  accessTokens: AccessToken
  platformCertificates: PlatformCertificate
  publicKeys: PublicKey
  complaints: Complaint
  complaintUrls: ComplaintUrl
}
export type TableName = keyof Tables

const keyOf: { [T in TableName]: (row: Tables[T]) => string } = {
  orders: (row) => row.outTradeNo,
  refunds: (row) => row.outRefundNo,
  notices: (row) => row.noticeId,
  messages: (row) => row.messageId,
  consents: consentKey,
  users: (row) => row.openid,
  usedCodes: (row) => row.code,
  accessTokens: (row) => row.token,
  platformCertificates: (row) => row.serial,
  publicKeys: (row) => row.publicKeyId,
  complaints: (row) => row.complaintId,
  complaintUrls: (row) => row.mchid,
}
export const tableNames = Object.keys(keyOf) as TableName[]

/** Their rows are secrets, or hold some. */
export const secretTables = ['accessTokens', 'usedCodes', 'platformCertificates', 'publicKeys'] as const

/** All that may be shown. */
export type LedgerRows = { [T in Exclude<TableName, (typeof secretTables)[number]>]: Tables[T][] }

/** As it is shown: oldest first, and how many rows there are of each kind where only the newest are shown. */
export type ShownLedger = LedgerRows & { totals: Record<keyof LedgerRows, number> }

/** A row, new or replaced. */
export type Change = { [T in TableName]: readonly [T, Tables[T]] }[TableName]

export type Ledger = { readonly [T in TableName]: ReadonlyMap<string, Tables[T]> } & {
  findByPrepayId(prepayId: string): Order | undefined
  findByTransactionId(transactionId: string): Order | undefined
  findRefundById(refundId: string): Refund | undefined
  /** Makes all changes or, when they can't be saved, none. */
  commit(...changes: Change[]): void
}

/** A ledger of `rows`. `save` is called with the changes of each commit, before they can be read. */
export function openLedger(rows: Iterable<Change>, save: (changes: readonly Change[]) => void): Ledger {
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
      save(changes)
      for (const change of changes) apply(change)
    },
  }
}
