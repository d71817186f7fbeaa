import type { Fault } from '@looklook-pay/sandbox/fault'
import type { Endpoint } from '@looklook-pay/sandbox/fault-kinds'
import type { CouponType, Refund, RefundEnd, ShownLedger } from '@looklook-pay/sandbox/ledger'
import type { RecordedRequest } from '@looklook-pay/sandbox/recorded-request'
import type { Settings } from '@looklook-pay/sandbox/settings'

export type { Complaint } from '@looklook-pay/sandbox/complaint'
export type { FaultField, FaultKind } from '@looklook-pay/sandbox/fault-kinds'
export type { Consent, Delivery, Message, Notice, Order } from '@looklook-pay/sandbox/ledger'
export type { RecordedRequest, RefusalReason } from '@looklook-pay/sandbox/recorded-request'
export type { CouponType, Endpoint, Fault, Refund, RefundEnd, Settings, ShownLedger }

export interface Clock {
  aheadSeconds: number
  /** In Beijing. */
  now: string
}

export interface PlatformCertificate {
  serial: string
  certificate: string
  startsAt: number
  endsAt: number
}

export interface PublicKey {
  publicKeyId: string
  publicKey: string
}

/** A call that the sandbox serves, as `GET /` lists it. */
export interface Listed {
  method: string
  path: string
  does: string
  document?: string
  endpoint?: Endpoint
  /** JSON schema of the body, of an ability that takes one. */
  body?: object
}

/** How an order is paid. */
interface Paying {
  /** Who pays, where the order doesn't say it. */
  openid?: string
  /** In fen. */
  coupon?: number
  couponType?: CouponType
}

/** What a phone pays by. */
type PaidBy = { outTradeNo: string } | { code_url: string } | { h5_url: string }

export interface Paid {
  transactionId: string
}

interface SentAgain {
  /** The out_trade_no, out_refund_no or complaint_id that the notice is about. */
  number: string
  copies?: number
}

export interface NewComplaint {
  outTradeNo: string
  text: string
  problemType?: 'REFUND' | 'SERVICE_NOT_WORK' | 'OTHERS'
  refundFen?: number
  phone?: string
}

interface Nothing {
  [name: string]: never
}

/** What the page asks of the sandbox, by method and path: the body of a POST, the query of another, and what is answered. */
export interface Calls {
  'GET /': { takes: Nothing; gives: { wechat: Listed[]; sandbox: Listed[] } }
  'GET /sandbox/ledger': { takes: { newest?: number; mentions?: string }; gives: ShownLedger }
  'POST /sandbox/pay': { takes: Paying & PaidBy; gives: Paid }
  'POST /sandbox/late-payment': { takes: Paying & { outTradeNo: string }; gives: Paid }
  'POST /sandbox/manual-refund': { takes: { outTradeNo: string; refundFen?: number; end?: RefundEnd }; gives: Refund }
  'POST /sandbox/end-refund': { takes: { outRefundNo: string; end: RefundEnd }; gives: Refund }
  'POST /sandbox/retry-refund': { takes: { outRefundNo: string; end?: RefundEnd }; gives: Refund }
  'POST /sandbox/notices': { takes: SentAgain; gives: { statuses: (number | null)[] } }
  'POST /sandbox/complaints': { takes: NewComplaint; gives: { complaintId: string } }
  'POST /sandbox/complaint-messages': { takes: { complaintId: string; text: string }; gives: { complaintId: string } }
  'GET /sandbox/requests': { takes: Nothing; gives: RecordedRequest[] }
  'GET /sandbox/faults': { takes: Nothing; gives: Fault[] }
  'POST /sandbox/faults': { takes: Fault | Fault[]; gives: Fault[] }
  'DELETE /sandbox/faults': { takes: { endpoint?: Endpoint }; gives: Fault[] }
  'GET /sandbox/settings': { takes: Nothing; gives: Settings }
  'POST /sandbox/settings': { takes: Partial<Settings>; gives: Settings }
  'GET /sandbox/clock': { takes: Nothing; gives: Clock }
  'POST /sandbox/clock': { takes: { aheadSeconds: number }; gives: Clock }
  'GET /sandbox/certificates': { takes: Nothing; gives: PlatformCertificate[] }
  'POST /sandbox/certificates': { takes: Nothing; gives: PlatformCertificate[] }
  'GET /sandbox/public-key': { takes: Nothing; gives: PublicKey[] }
  'POST /sandbox/public-key': { takes: Nothing; gives: PublicKey }
}
export type CallName = keyof Calls
