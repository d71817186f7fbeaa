import { judgePayAnswer, operatorCode } from './error-policy.ts'
import type { SignatureFault, WechatPayAction, WechatPayErrorFields } from './errors.ts'
import type { HttpAnswer, NoAnswerError } from './http.ts'
import { readRequestId } from './signed-message.ts'

const MAX_HINT_LENGTH = 500

/** How one try of a call failed, and whether it may be repeated. */
export interface PayFailure {
  message: string
  fields: WechatPayErrorFields
  repeat: 'never' | 'once-at-once' | 'soon' | 'slowly'
  /** By which operators are told, when only they can mend it. */
  operatorCode?: string
}

interface RequestLine {
  method: string
  path: string
}

const advice: Readonly<Record<WechatPayAction, string>> = {
  repeat: 'repeat it later with the same number and the same body',
  query: 'query by our number before doing anything else',
  'give-up': 'do not repeat it unchanged',
  'fix-configuration': 'an operator has to act, then repeat it with the same number',
}

/** An answer that is a 202 or no 2xx. It isn't signed, so it may guide us, but never decide about money. */
export function describePayAnswer(request: RequestLine, answer: HttpAnswer): PayFailure {
  const { code, hint } = readRefusal(answer.body)
  const verdict = judgePayAnswer(answer.status, code)
  const requestId = readRequestId(answer.headers, 'request-id')
  return {
    message: sentence(request, `answered ${answer.status}${code ? ` ${code}` : ''}`, requestId, verdict.action),
    fields: {
      action: verdict.action,
      policy: verdict.policy,
      outcomeUnknown: isOutcomeUnknown(request, answer.status, code, verdict.policy),
      httpStatus: answer.status,
      wechatCode: code,
      requestId,
      hint,
    },
    repeat: !verdict.isRepeatable ? 'never' : verdict.policy === 'retry-same-slow' ? 'slowly' : 'soon',
    operatorCode: operatorCode(withoutQuery(request.path), {
      httpStatus: answer.status,
      wechatCode: code,
      action: verdict.action,
    }),
  }
}

/** A 2xx without a valid signature of WeChat Pay's. The request may well have been processed. */
export function describeSignatureFault(request: RequestLine, answer: HttpAnswer, fault: SignatureFault): PayFailure {
  const requestId = readRequestId(answer.headers, 'request-id')
  return {
    message: sentence(request, `answered ${answer.status} without a valid signature (${fault})`, requestId, 'repeat'),
    fields: { action: 'repeat', outcomeUnknown: true, httpStatus: answer.status, requestId },
    repeat: 'once-at-once',
    // A probe must fail, and says nothing about our keys.
    operatorCode: fault === 'signtest' ? undefined : fault,
  }
}

/** No answer at all: the request may have been processed or not. */
export function describeSilence(request: RequestLine, error: NoAnswerError): PayFailure {
  if (error.isUntrusted) {
    return {
      message: sentence(request, `was not sent (${error.code})`, undefined, 'fix-configuration'),
      fields: { action: 'fix-configuration', outcomeUnknown: false, cause: error },
      repeat: 'never',
      operatorCode: 'untrusted',
    }
  }
  return {
    message: sentence(request, `was not answered (${error.code})`, undefined, 'repeat'),
    fields: { action: 'repeat', outcomeUnknown: error.mayHaveArrived, cause: error },
    repeat: 'soon',
  }
}

/** A signed answer that doesn't match WeChat's documentation. */
export function describeUndocumented(request: RequestLine, requestId: string | undefined, problem: string): PayFailure {
  return {
    message: sentence(request, `was answered, but ${problem}`, requestId, 'query'),
    fields: { action: 'query', outcomeUnknown: true, requestId },
    repeat: 'never',
  }
}

function sentence(request: RequestLine, what: string, requestId: string | undefined, action: WechatPayAction): string {
  return `${request.method} ${withoutQuery(request.path)} ${what}${requestId ? `, Request-ID ${requestId}` : ''}: ${advice[action]}`
}

/** Method and path of a call, with a star for each number: what its alerts are named and throttled by. */
export function endpointOf({ method, path }: RequestLine): string {
  return `${method} ${withoutQuery(path).replace(/(?<=\/(?:out-trade-no|id|refunds)\/)[^/]+/g, '*')}`
}

function withoutQuery(path: string): string {
  return path.replace(/\?.*/s, '')
}

/**
 * A refund may have been accepted although WeChat answered "too many requests".
 * Source: https://pay.weixin.qq.com/doc/v3/merchant/4012556398
 */
function isOutcomeUnknown(
  request: RequestLine,
  status: number,
  code: string | undefined,
  policy: string | undefined,
): boolean {
  if (policy === 'retry-same') return true
  if (policy === 'retry-same-slow') return request.method === 'POST' && request.path.startsWith('/v3/refund/')
  return code === undefined || (status < 400 && policy !== 'fail')
}

function readRefusal(body: Buffer): { code?: string; hint?: string } {
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString())
  } catch {
    return {}
  }
  if (typeof parsed !== 'object' || parsed === null || !('code' in parsed)) return {}
  const code = typeof parsed.code === 'string' && /^[A-Za-z_]{1,64}$/.test(parsed.code) ? parsed.code : undefined
  const parts = [
    'message' in parsed ? String(parsed.message) : '',
    'detail' in parsed && parsed.detail ? JSON.stringify(parsed.detail) : '',
  ]
  return { code, hint: withoutPersonalIds(parts.filter(Boolean).join(' ')).slice(0, MAX_HINT_LENGTH) }
}

/** An openid is `o` and 27 more characters; WeChat quotes our request in the detail of a SIGN_ERROR. */
function withoutPersonalIds(text: string): string {
  return text
    .replace(/(openid[\\"':\s]+)[^\\"'\s,}]+/gi, '$1…')
    .replace(/(?<![0-9A-Za-z_-])o[0-9A-Za-z_-]{27}(?![0-9A-Za-z_-])/g, '…')
}
