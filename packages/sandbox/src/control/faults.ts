import { createHash } from 'node:crypto'
import { z } from 'zod'
import { payErrorCodes } from '../http/pay-error.ts'

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

const kindsOf: Record<Endpoint, readonly string[]> = {
  prepay: anyPayCall,
  query: anyPayCall,
  /** `paid-meanwhile`: the buyer pays between the close's check and its answer, which is 204. */
  close: [...anyPayCall, 'paid-meanwhile'],
  /**
   * `rate-limited-after`: 429, and the refund is accepted all the same, which WeChat Pay doesn't rule out. `ends-…`: it
   * is accepted and ends like that; with `ends-never` it stays PROCESSING.
   */
  refund: [...anyPayCall, 'rate-limited-after', 'ends-abnormal', 'ends-closed', 'ends-never'],
  'query-refund': anyPayCall,
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
  'payment-notice': noticeFaults,
  'refund-notice': noticeFaults,
  'echo-notice': noticeFaults,
  'complaint-notice': noticeFaults,
}
const endpoints = Object.keys(kindsOf) as [Endpoint, ...Endpoint[]]
const kinds = [...new Set(Object.values(kindsOf).flat())] as [FaultKind, ...FaultKind[]]

export type FaultKind =
  | (typeof anyPayCall)[number]
  | (typeof noticeFaults)[number]
  | 'paid-meanwhile'
  | 'rate-limited-after'
  | 'ends-abnormal'
  | 'ends-closed'
  | 'ends-never'
  | 'errcode'

const Fault = z
  .strictObject({
    endpoint: z.enum(endpoints),
    kind: z.enum(kinds),
    /** The number of calls that it hits; all of them until it is cleared, when absent. */
    times: z.int().min(1).optional(),
    /** Hits this percentage of the calls, drawn from `seed`; every call, when absent. */
    percent: z.number().min(0).max(100).optional(),
    /** With `percent`: the same seed hits the same of its calls, counted from the first; 0 by default. */
    seed: z.int().optional(),
    /** Hits only calls whose path or body contains this: an out_trade_no, an openid … */
    match: z.string().min(1).optional(),
    /** Of `error`. */
    code: z.enum(payErrorCodes).optional(),
    /** Of `errcode`. */
    errcode: z.int().optional(),
    /** Of `slow` and `late`. */
    delayMs: z.int().min(0).max(60_000).optional(),
    /** Of `storm`. */
    copies: z.int().min(2).max(1_000).optional(),
  })
  .superRefine((fault, context) => {
    const allowed = kindsOf[fault.endpoint]
    if (!allowed.includes(fault.kind)) {
      context.addIssue({
        code: 'custom',
        path: ['kind'],
        message: `must be one of ${allowed.join(', ')} for ${fault.endpoint}`,
      })
    }
    for (const [kind, field] of [
      ['error', 'code'] as const,
      ['errcode', 'errcode'] as const,
      ['slow', 'delayMs'] as const,
      ['late', 'delayMs'] as const,
      ['storm', 'copies'] as const,
    ]) {
      if (fault.kind === kind && fault[field] === undefined) {
        context.addIssue({ code: 'custom', path: [field], message: `${kind} needs ${field}` })
      }
    }
  })
export type Fault = z.infer<typeof Fault>

/** One, or a list of them. */
export const GivenFaults = z.union([Fault, z.array(Fault)])
export const FaultFilter = z.strictObject({ endpoint: z.enum(endpoints).optional() })

export interface Faults {
  /** @throws {z.ZodError} when an endpoint has no such fault, or a field is missing; then nothing is added. */
  add(...faults: Fault[]): void
  /** Removes all of them, or those of one endpoint. */
  clear(endpoint?: Endpoint): void
  /** The oldest fault that hits this call, which counts towards its `times`. */
  take(endpoint: Endpoint, text: string): Fault | undefined
  list(): Fault[]
}

/** A fault, and how many calls it could have hit so far. */
interface Armed {
  fault: Fault
  calls: number
}

/** No faults yet. */
export function openFaults(): Faults {
  let armed: Armed[] = []
  return {
    add(...added) {
      armed = [...armed, ...added.map((fault) => ({ fault: Fault.parse(fault), calls: 0 }))]
    },
    clear(endpoint) {
      armed = endpoint === undefined ? [] : armed.filter(({ fault }) => fault.endpoint !== endpoint)
    },
    take(endpoint, text) {
      const matches = ({ fault }: Armed) => fault.endpoint === endpoint && text.includes(fault.match ?? '')
      const fault = armed.find((each) => matches(each) && hitsNext(each))?.fault
      if (fault?.times !== undefined) {
        fault.times -= 1
        if (fault.times === 0) armed = armed.filter((other) => other.fault !== fault)
      }
      return fault
    },
    list: () => armed.map(({ fault }) => ({ ...fault })),
  }
}

/** Counts a call, and says whether the fault hits it. */
function hitsNext(each: Armed): boolean {
  const { percent, seed = 0, endpoint, kind } = each.fault
  each.calls += 1
  return percent === undefined || drawPercent(`${seed} ${endpoint} ${kind} ${each.calls}`) < percent
}

/** From 0 to below 100, and the same for the same text. */
function drawPercent(text: string): number {
  return (createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32) * 100
}
