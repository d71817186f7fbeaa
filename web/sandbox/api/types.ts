import type { Fault } from '@looklook-pay/sandbox/fault'
import type { Endpoint } from '@looklook-pay/sandbox/fault-kinds'
import type { LedgerRows } from '@looklook-pay/sandbox/ledger'
import type { RecordedRequest } from '@looklook-pay/sandbox/recorded-request'
import type { Settings } from '@looklook-pay/sandbox/settings'

export type { Endpoint, FaultField, FaultKind } from '@looklook-pay/sandbox/fault-kinds'
export type { CouponType, Notice, Order, Refund, RefundEnd } from '@looklook-pay/sandbox/ledger'
export type { RecordedRequest, RefusalReason } from '@looklook-pay/sandbox/recorded-request'
export type { Fault, LedgerRows, Settings }

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

export interface Nothing {
  [name: string]: never
}

/** What the page asks of the sandbox, by method and path: the body of a POST, the query of another, and what is answered. */
export interface Calls {
  'GET /': { takes: Nothing; gives: { wechat: Listed[]; sandbox: Listed[] } }
  'GET /sandbox/ledger': { takes: Nothing; gives: LedgerRows }
  'GET /sandbox/requests': { takes: Nothing; gives: RecordedRequest[] }
  'GET /sandbox/faults': { takes: Nothing; gives: Fault[] }
  'POST /sandbox/faults': { takes: Fault | Fault[]; gives: Fault[] }
  'DELETE /sandbox/faults': { takes: { endpoint?: Endpoint }; gives: Fault[] }
  'GET /sandbox/settings': { takes: Nothing; gives: Settings }
  'POST /sandbox/settings': { takes: Partial<Settings>; gives: Settings }
  'GET /sandbox/clock': { takes: Nothing; gives: Clock }
  'POST /sandbox/clock': { takes: { aheadSeconds: number }; gives: Clock }
  'GET /sandbox/certificates': { takes: Nothing; gives: PlatformCertificate[] }
  'POST /sandbox/certificates': { takes: { lifeSeconds?: number }; gives: PlatformCertificate[] }
  'GET /sandbox/public-key': { takes: Nothing; gives: PublicKey[] }
  'POST /sandbox/public-key': { takes: Nothing; gives: PublicKey }
}
export type CallName = keyof Calls
