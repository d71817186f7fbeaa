import { setTimeout as sleep } from 'node:timers/promises'
import { WechatPayError } from './errors.ts'
import { describePayAnswer, describeSignatureFault, describeSilence, endpointOf, type PayFailure } from './failure.ts'
import { type HttpAnswer, NoAnswerError } from './http.ts'
import type { WechatPay } from './merchant.ts'
import { authorizationHeader, createNonce, requestMessage, signMessage } from './signature.ts'
import { findSignatureFault, readRequestId } from './signed-message.ts'
import type { TrustStore } from './trust-store.ts'
import type { WechatCall, WechatWatch } from './watch.ts'

const USER_AGENT = 'looklook-pay (node)'
const MAX_ANSWER_BYTES = 1024 * 1024
const MAX_REPEATS = 2

export interface PayRequest {
  method: 'GET' | 'POST'
  /** Path and query, encoded. */
  path: string
  /** The exact text to sign and send. Only what WeChat makes idempotent by number may be sent through here. */
  body?: string
  /** Made before the call, by {@link signedHeaders}: for the first try, while others are signed anew. */
  headers?: Promise<RequestHeaders>
  /** What it is about, by which the call is found later; one without isn't kept. */
  number?: string
  /** Reads the `trade_state` of an answer, for whoever looks into the payment later. */
  tradeStateOf?: (body: Buffer) => string | undefined
  /** Other keys to verify this answer: downloaded certificates may be needed to verify their own download. */
  trustFor?: (body: Buffer) => Pick<TrustStore, 'find'>
}

export type RequestHeaders = Record<string, string>

/** An answer that WeChat Pay signed. */
export interface PayAnswer {
  status: number
  body: Buffer
  requestId?: string
  /** Hears of an answer that isn't as documented. */
  watch: WechatWatch
}

/**
 * Calls WeChat Pay and resolves only to answers that it signed. The same request, with a new signature of ours, is
 * repeated at once after an answer with an invalid signature, and up to twice after no answer, "busy" or "too many
 * requests", all within `timing.totalMs`: everything sent through here is idempotent by its number. While WeChat Pay's
 * first host can't be reached, calls go to the second. What only an operator can mend raises an alert.
 *
 * @throws {WechatPayError} for every answer that isn't a signed 2xx.
 */
export async function callPay(wechat: WechatPay, request: PayRequest): Promise<PayAnswer> {
  const deadline = performance.now() + wechat.timing.totalMs
  const made = { repeats: 0, faults: 0 }
  let outcomeUnknown = false
  for (let { headers } = request; ; headers = undefined) {
    const result = await callOnce(wechat, { ...request, headers }, deadline - performance.now())
    if (!('failure' in result)) return result
    const { failure } = result
    outcomeUnknown ||= failure.fields.outcomeUnknown
    const waitMs = waitBeforeRepeat(wechat, failure, made)
    const last = { ...failure, fields: { ...failure.fields, outcomeUnknown } }
    if (waitMs === null || performance.now() + waitMs >= deadline) throw failed(wechat, request, last)
    wechat.log?.warn({ reason: failure.message, waitMs: Math.round(waitMs) }, 'WeChat Pay call failed, repeating it')
    await sleep(waitMs, undefined, { signal: wechat.http.closing }).catch(() => {
      throw failed(wechat, request, last)
    })
  }
}

/** The error of a call that isn't repeated any more; what only an operator can mend raises an alert. */
export function failed(
  { watch }: Pick<WechatPay, 'watch'>,
  request: Pick<PayRequest, 'method' | 'path'>,
  { message, fields, operatorCode }: PayFailure,
): WechatPayError {
  const error = new WechatPayError(message, fields)
  if (operatorCode) watch.refused({ endpoint: endpointOf(request), code: operatorCode, error })
  return error
}

/** The headers of a request, with our signature. */
export async function signedHeaders(
  wechat: WechatPay,
  request: { method: string; pathAndQuery: string; body: string },
): Promise<RequestHeaders> {
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

async function callOnce(
  wechat: WechatPay,
  request: PayRequest,
  timeoutMs: number,
): Promise<PayAnswer | { failure: PayFailure }> {
  const { method, path, body = '' } = request
  const headers = await (request.headers ?? signedHeaders(wechat, { method, pathAndQuery: path, body }))
  const host = wechat.hosts.choose(wechat.apiUrl)
  const url = new URL(path, host)
  if (url.pathname + url.search !== path) {
    throw new TypeError('The path must be a path, encoded as it goes over the wire')
  }
  const startedMs = performance.now()
  try {
    const sent = method === 'POST' ? body : undefined
    const answer = await wechat.http.exchange({
      method,
      url,
      headers,
      body: sent,
      timeoutMs,
      maxBytes: MAX_ANSWER_BYTES,
      keptAnswerMs: wechat.timing.keptAnswerMs,
    })
    const result = await judge(wechat, request, answer, timeoutMs - (performance.now() - startedMs))
    tell(wechat, request, { startedMs, ...describeAnswer(request, answer, result) })
    return result
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error
    tell(wechat, request, { startedMs, code: error.code })
    wechat.hosts.silent(host, error)
    return { failure: describeSilence(request, error) }
  }
}

/** Says what became of a try. */
function tell(
  { watch }: Pick<WechatPay, 'watch'>,
  request: PayRequest,
  end: Pick<WechatCall, 'startedMs' | 'status' | 'code' | 'tradeState' | 'requestId'>,
): void {
  watch.called({ number: request.number, endpoint: endpointOf(request), endedMs: performance.now(), ...end })
}

function describeAnswer(
  { tradeStateOf }: PayRequest,
  { status, headers }: HttpAnswer,
  result: PayAnswer | { failure: PayFailure },
) {
  const end = { status, requestId: readRequestId(headers, 'request-id') }
  if (!('failure' in result)) return { ...end, tradeState: tradeStateOf?.(result.body) }
  return { ...end, code: result.failure.fields.wechatCode ?? result.failure.operatorCode }
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
    // The download may take longer than this call has left.
    await Promise.race([wechat.refreshCertificates(), sleep(Math.max(0, leftMs), undefined, { ref: false })])
    fault = findSignatureFault(trust, { headers, body, now: wechat.now() })
  }
  if (fault) return { failure: describeSignatureFault(request, answer, fault) }
  return { status, body, requestId: readRequestId(headers, 'request-id'), watch: wechat.watch }
}

/** The wait before the next repeat in ms, or `null` when there is none. Counts the repeats that it allows. */
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
