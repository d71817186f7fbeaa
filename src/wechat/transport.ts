import { setTimeout as sleep } from 'node:timers/promises'
import { WechatPayError } from './errors.ts'
import { describePayAnswer, describeSignatureFault, describeSilence, type PayFailure } from './failure.ts'
import { type HttpAnswer, NoAnswerError } from './http.ts'
import type { WechatPay } from './merchant.ts'
import { authorizationHeader, createNonce, requestMessage, signMessage } from './signature.ts'
import { findSignatureFault, readHeader } from './signed-message.ts'
import type { TrustStore } from './trust-store.ts'

const USER_AGENT = 'looklook-pay (node)'
const MAX_ANSWER_BYTES = 1024 * 1024
const MAX_REPEATS = 2

export interface PayRequest {
  method: 'GET' | 'POST'
  /** Path and query, encoded. */
  path: string
  /** The exact text to sign and send. Only what WeChat makes idempotent by number may be sent through here. */
  body?: string
  /** Keys for this answer other than the merchant's: what downloads certificates is signed with what it brings. */
  trustFor?: (body: Buffer) => Pick<TrustStore, 'find'>
}

/** An answer that WeChat Pay signed. */
export interface PayAnswer {
  status: number
  body: Buffer
  requestId?: string
}

/**
 * Calls WeChat Pay and answers only with what it signed. The same request, freshly signed, is repeated at once after
 * a signature that does not hold, and up to twice after silence, "busy" or "too many requests", all within
 * `timing.totalMs`: everything sent through here is idempotent by its number. It goes to WeChat Pay's second host while
 * the first can't be reached.
 *
 * @throws {WechatPayError} for every answer that is not a signed 2xx.
 */
export async function callPay(wechat: WechatPay, request: PayRequest): Promise<PayAnswer> {
  const deadline = performance.now() + wechat.timing.totalMs
  const made = { repeats: 0, faults: 0 }
  let outcomeUnknown = false
  for (;;) {
    const result = await attempt(wechat, request, deadline - performance.now())
    if (!('failure' in result)) return result
    const { failure } = result
    outcomeUnknown ||= failure.fields.outcomeUnknown
    const waitMs = waitBeforeRepeat(wechat, failure, made)
    const error = new WechatPayError(failure.message, { ...failure.fields, outcomeUnknown })
    if (waitMs === null || performance.now() + waitMs >= deadline) throw error
    wechat.log?.warn({ reason: failure.message, waitMs: Math.round(waitMs) }, 'Repeating a call to WeChat Pay')
    await sleep(waitMs, undefined, { signal: wechat.http.closing }).catch(() => {
      throw error
    })
  }
}

/** The headers that sign one request of the merchant. */
export async function signedHeaders(
  wechat: WechatPay,
  request: { method: string; pathAndQuery: string; body: string },
): Promise<Record<string, string>> {
  const timestamp = Math.floor(wechat.now().getTime() / 1000)
  const nonce = createNonce()
  const signature = await signMessage(wechat.privateKey, requestMessage({ ...request, timestamp, nonce }))
  const serial = wechat.trustStore.preferredId(wechat.now())
  return {
    authorization: authorizationHeader({
      mchid: wechat.mchid,
      serial: wechat.mchCertSerial,
      nonce,
      timestamp,
      signature,
    }),
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': USER_AGENT,
    ...(serial ? { 'wechatpay-serial': serial } : {}),
    ...(request.method === 'POST' ? { 'content-type': 'application/json' } : {}),
  }
}

async function attempt(
  wechat: WechatPay,
  request: PayRequest,
  timeoutMs: number,
): Promise<PayAnswer | { failure: PayFailure }> {
  const { method, path, body = '' } = request
  const headers = await signedHeaders(wechat, { method, pathAndQuery: path, body })
  const host = wechat.hosts.choose(wechat.apiUrl)
  const url = new URL(path, host)
  if (url.pathname + url.search !== path) {
    throw new TypeError('The path must be a path, encoded as it goes over the wire')
  }
  const startedAt = performance.now()
  try {
    const sent = method === 'POST' ? body : undefined
    const answer = await wechat.http.exchange({
      method,
      url,
      headers,
      body: sent,
      timeoutMs,
      maxBytes: MAX_ANSWER_BYTES,
    })
    return await judge(wechat, request, answer, timeoutMs - (performance.now() - startedAt))
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error
    wechat.hosts.silent(host, error)
    return { failure: describeSilence(request, error) }
  }
}

async function judge(
  wechat: WechatPay,
  request: PayRequest,
  answer: HttpAnswer,
  leftMs: number,
): Promise<PayAnswer | { failure: PayFailure }> {
  const { status, headers, body } = answer
  if (status < 200 || status > 299 || status === 202) return { failure: describePayAnswer(request, answer) }
  const trust = request.trustFor?.(body) ?? wechat.trustStore
  let fault = findSignatureFault(trust, { headers, body, now: wechat.now() })
  if (fault === 'unknown-serial' && !request.trustFor) {
    // The download has a time of its own, which may end after ours.
    await Promise.race([wechat.refreshCertificates(), sleep(Math.max(0, leftMs), undefined, { ref: false })])
    fault = findSignatureFault(trust, { headers, body, now: wechat.now() })
  }
  if (fault) return { failure: describeSignatureFault(request, answer, fault) }
  return { status, body, requestId: readHeader(headers, 'request-id') }
}

/** Milliseconds until the request may be sent again, or `null` when it may not. Counts what it allows. */
function waitBeforeRepeat(
  { timing }: WechatPay,
  failure: PayFailure,
  made: { repeats: number; faults: number },
): number | null {
  switch (failure.repeat) {
    case 'never':
      return null
    case 'once-at-once':
      return made.faults++ === 0 ? 0 : null
    case 'soon':
    case 'slowly': {
      if (made.repeats === MAX_REPEATS) return null
      const firstMs = failure.repeat === 'soon' ? timing.repeatMs : timing.slowRepeatMs
      return firstMs * 2 ** made.repeats++ * (0.5 + Math.random())
    }
  }
}
