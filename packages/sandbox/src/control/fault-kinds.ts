const payEndpoints = [
  'prepay',
  'query',
  'close',
  'refund',
  'query-refund',
  'apply-abnormal-refund',
  'trade-bill',
  'fund-flow-bill',
  'bill-download',
  'certificates',
  'security-echo',
  'list-complaints',
  'query-complaint',
  'reply-complaint',
  'complete-complaint',
  'complaint-notifications',
] as const
const miniProgramEndpoints = [
  'code-to-session',
  'stable-token',
  'access-token',
  'phone-number',
  'subscribe-message',
  'upload-shipping-info',
] as const
const noticeEndpoints = ['payment-notice', 'refund-notice', 'echo-notice', 'complaint-notice'] as const

/** What a fault can hit: a call that WeChat serves, or a notice that it sends. */
export type Endpoint =
  | (typeof payEndpoints)[number]
  | (typeof miniProgramEndpoints)[number]
  | (typeof noticeEndpoints)[number]

const anyCall = [
  /** Nothing is done, and no answer comes. */
  'timeout-before',
  /** The work is done, and no answer comes. */
  'timeout-after',
  'reset-before',
  'reset-after',
  /** Too many calls: 429 RATELIMIT_EXCEEDED, or errcode 45011. */
  'rate-limited',
  /** 500 SYSTEM_ERROR, or errcode -1; nothing is done. */
  'system-error',
  /** The same answer, but the work is done. */
  'system-error-after',
  /** 503 from a gateway, without WeChat's JSON. */
  'service-unavailable',
  /** The work is done, and the answer comes `delayMs` later. */
  'slow',
] as const
const anyPayCall = [
  ...anyCall,
  /** 202: accepted, and not done. */
  'accepted',
  'wrong-signature',
  'signtest-signature',
  'no-signature',
  /** The work is done, and the answer is a rightly signed `{}`. */
  'wrong-content',
  /** Refused with `code`. */
  'error',
] as const
const noticeFaults = [
  /** Never sent; the schedule goes on. */
  'lost',
  'twice',
  /** `copies` of it at once. */
  'storm',
  /** Sent `delayMs` later. */
  'late',
  'wrong-signature',
  'signtest-signature',
  /** Rightly signed, and encrypted under another key. */
  'wrong-content',
] as const
const moneyNoticeFaults = [
  ...noticeFaults,
  /** Rightly signed, and tells `amountFen` instead of what was ordered, or refunded. */
  'wrong-amount',
] as const

/** What can happen to each. */
export const kindsOf: Record<Endpoint, readonly FaultKind[]> = {
  /** `closed-number`: the number is closed before the prepay reaches it, as if another process had closed it; queries say so too. */
  prepay: [...anyPayCall, 'closed-number'],
  /** `wrong-amount`: tells `amountFen` instead of what was ordered; an order that isn’t paid tells no amount. */
  query: [...anyPayCall, 'wrong-amount'],
  /** `paid-meanwhile`: the buyer pays between the close's check and its answer, which is 204. */
  close: [...anyPayCall, 'paid-meanwhile'],
  /**
   * `rate-limited-after`: 429, and the refund is accepted all the same, which WeChat Pay doesn't rule out. `ends-…`: it
   * is accepted and ends like that; with `ends-never` it stays PROCESSING.
   */
  refund: [...anyPayCall, 'rate-limited-after', 'ends-abnormal', 'ends-closed', 'ends-never'],
  /** `wrong-amount`: tells that `amountFen` goes back. */
  'query-refund': [...anyPayCall, 'wrong-amount'],
  'trade-bill': anyPayCall,
  'fund-flow-bill': anyPayCall,
  'bill-download': anyPayCall,
  certificates: anyPayCall,
  'security-echo': anyPayCall,
  'list-complaints': anyPayCall,
  'query-complaint': anyPayCall,
  'reply-complaint': anyPayCall,
  'complete-complaint': anyPayCall,
  'complaint-notifications': anyPayCall,
  'apply-abnormal-refund': [...anyPayCall, 'ends-abnormal', 'ends-closed', 'ends-never'],
  'code-to-session': [...anyCall, 'errcode'],
  'stable-token': [...anyCall, 'errcode'],
  'access-token': [...anyCall, 'errcode'],
  'phone-number': [...anyCall, 'errcode'],
  'subscribe-message': [...anyCall, 'errcode'],
  'upload-shipping-info': [...anyCall, 'errcode'],
  'payment-notice': moneyNoticeFaults,
  'refund-notice': moneyNoticeFaults,
  'echo-notice': noticeFaults,
  'complaint-notice': noticeFaults,
}
export const endpoints = Object.keys(kindsOf) as [Endpoint, ...Endpoint[]]
export const kinds = [...new Set(Object.values(kindsOf).flat())] as [FaultKind, ...FaultKind[]]

export type FaultKind =
  | (typeof anyPayCall)[number]
  | (typeof moneyNoticeFaults)[number]
  | 'closed-number'
  | 'paid-meanwhile'
  | 'rate-limited-after'
  | 'ends-abnormal'
  | 'ends-closed'
  | 'ends-never'
  | 'errcode'

/** The field without which a fault of this kind means nothing. */
export const fieldOf: Partial<Record<FaultKind, FaultField>> = {
  error: 'code',
  errcode: 'errcode',
  slow: 'delayMs',
  late: 'delayMs',
  storm: 'copies',
  'wrong-amount': 'amountFen',
}
export type FaultField = 'code' | 'errcode' | 'delayMs' | 'copies' | 'amountFen'
