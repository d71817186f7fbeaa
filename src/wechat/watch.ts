import type { Logger } from 'pino'
import { isKnownCode } from './error-policy.ts'
import { remedyOf } from './remedies.ts'

/** The same endpoint and code raise their alert once in this time. */
const ALERT_EVERY_MS = 3_600_000

/** WeChat refuses a clock that is off by more than 5 minutes; one that is off by this much is on its way there. */
export const TOLERATED_SKEW_SECONDS = 60

/** Codes are WeChat's text, so how many there are isn't ours to know. */
const MOST_REMEMBERED = 500

/** Which of WeChat's two APIs: each has its own host, and its own clock. */
export type WechatApi = 'pay' | 'mini-program'

/** A refusal that only an operator can mend. */
interface OperatorRefusal {
  /** Method and path, without numbers: `POST /v3/pay/transactions/jsapi`. */
  endpoint: string
  /** WeChat's `code` or `errcode`, or what stands for one: see `remedies.ts`. */
  code: string
  error: Error
}

interface TimedAnswer {
  api: WechatApi
  /** WeChat's `Date` header. */
  date: string | undefined
  /** By our clock, in milliseconds. */
  sentAtMs: number
  receivedAtMs: number
}

/** What is known of a try of a call, or of a notice: no body, no query and no header but WeChat's own id. */
export interface WechatCall {
  /** What it is about: `out_trade_no`, `out_refund_no` or `transaction_id`. One without isn't kept. */
  number?: string
  /** Method and path, without numbers; of a notice `notice` and its type. */
  endpoint: string
  /** Of the answer; absent when none came. */
  status?: number
  /** WeChat's code for an error, or why there is no answer that counts. */
  code?: string
  /** Of a query that WeChat answers: no error, whatever it says. */
  tradeState?: string
  /** WeChat's `Request-ID`. */
  requestId?: string
  /** When it was sent, or came, and when its answer was there, by `performance.now()`. */
  startedMs: number
  endedMs: number
}

/** How a try of a call ended. There are few endpoints, and few codes. */
interface MeasuredCall {
  /** Method and path, without numbers. */
  endpoint: string
  /** `ok`, `no-answer`, WeChat's code where its documentation has it, else `other`. */
  code: string
  seconds: number
}

/** One that is kept. */
export type KeptCall = WechatCall & { number: string }

/** Tells operators what goes wrong between us and WeChat, whoever made the call: guests or workers. */
export interface WechatWatch {
  /** Measures a try of a call, and keeps it for whoever looks into a payment later. Never throws, and takes no time. */
  called(call: WechatCall): void
  /** Keeps a notice, likewise. */
  noticed(notice: WechatCall): void
  /** Raises alert `wechat-refused`: the first of its endpoint and code, then one an hour. */
  refused(refusal: OperatorRefusal): void
  /** Measures our clock against WeChat's; raises alert `clock`, once an hour, while it is off by more than 60 s. */
  answered(answer: TimedAnswer): void
}

export interface WatchOptions {
  log?: Logger
  /** Gets, with every answer, by how many seconds our clock is ahead of WeChat's. */
  onSkew?: (skew: { api: WechatApi; seconds: number }) => void
  /** Gets how long each try of a call took; by default nobody does. */
  onCall?: (call: MeasuredCall) => void
  /** Keeps calls and notices; by default nobody does. */
  keep?: (call: KeptCall) => void
  /** A monotonic clock in milliseconds. */
  nowMs?: () => number
}

/** One watch for all connections of a process, so that their alerts are throttled together. */
export function createWechatWatch(options: WatchOptions): WechatWatch {
  const { log, onSkew, onCall, keep, nowMs = () => performance.now() } = options
  const isDue = createThrottle(nowMs)
  const noticed = ({ number, ...call }: WechatCall) => {
    if (number !== undefined) keep?.({ number, ...call })
  }
  return {
    called: (call) => {
      onCall?.(measure(call))
      noticed(call)
    },
    noticed,
    refused: ({ endpoint, code, error }) => {
      const { due, suppressed } = isDue(`${endpoint} ${code}`)
      if (!due) return
      const fields = { err: error, alarm: 'wechat-refused', endpoint, code, remedy: remedyOf(code), suppressed }
      log?.error(fields, 'WeChat call refused until an operator acts')
    },
    answered: ({ api, ...answer }) => {
      const seconds = skewOf(answer)
      if (seconds === null) return
      onSkew?.({ api, seconds })
      if (Math.abs(seconds) <= TOLERATED_SKEW_SECONDS || !isDue('clock').due) return
      const fields = {
        alarm: 'clock',
        api,
        skewSeconds: Math.round(seconds),
        remedy: remedyOf('clock'),
      }
      log?.error(fields, 'clock skew: WeChat refuses us, and we its notices, beyond 5 minutes')
    },
  }
}

function measure({ endpoint, status, code, startedMs, endedMs }: WechatCall): MeasuredCall {
  return { endpoint, code: labelOf(status, code), seconds: (endedMs - startedMs) / 1_000 }
}

function labelOf(status: number | undefined, code: string | undefined): string {
  if (status === undefined) return 'no-answer'
  if (code !== undefined) return isKnownCode(code) ? code : 'other'
  return status >= 200 && status < 300 ? 'ok' : 'other'
}

/**
 * By how many seconds our clock is ahead: WeChat's `Date` is compared with the middle between sending and receiving.
 * `Date` is cut to whole seconds, so half a second is added. Null when there is no `Date`.
 */
function skewOf({ date, sentAtMs, receivedAtMs }: Omit<TimedAnswer, 'api'>): number | null {
  const theirsMs = Date.parse(date ?? '') + 500
  return Number.isNaN(theirsMs) ? null : ((sentAtMs + receivedAtMs) / 2 - theirsMs) / 1000
}

/** Says for each key whether its alert is due, and how many weren't since the last one. */
function createThrottle(nowMs: () => number) {
  const last = new Map<string, { atMs: number; suppressed: number }>()
  return (key: string): { due: boolean; suppressed: number } => {
    const before = last.get(key)
    if (before && nowMs() - before.atMs < ALERT_EVERY_MS) {
      before.suppressed += 1
      return { due: false, suppressed: before.suppressed }
    }
    last.delete(key)
    last.set(key, { atMs: nowMs(), suppressed: 0 })
    for (const oldest of last.keys()) {
      if (last.size <= MOST_REMEMBERED) break
      last.delete(oldest)
    }
    return { due: true, suppressed: before?.suppressed ?? 0 }
  }
}
