import { type PayPolicy, plainCode, type WechatPayAction } from './errors.ts'

/**
 * The policy for each of WeChat Pay's error codes, spelt as by {@link plainCode}.
 *
 * Source: https://pay.weixin.qq.com/doc/v3/merchant/4012556398 and https://pay.weixin.qq.com/doc/v3/merchant/4012354972
 */
export const payErrorPolicy: Readonly<Record<string, PayPolicy>> = {
  SYSTEMERROR: 'retry-same',
  BANKERROR: 'retry-same',
  SERVICEUNAVAILABLE: 'retry-same',
  FREQUENCYLIMITED: 'retry-same-slow',
  RATELIMITEXCEEDED: 'retry-same-slow',
  RATELIMITED: 'retry-same-slow',
  USERPAYING: 'query',
  ORDERPAID: 'query',
  OUTTRADENOUSED: 'query',
  ORDERCLOSED: 'new-out-trade-no',
  ORDERNOTEXIST: 'not-found',
  RESOURCENOTEXISTS: 'not-found',
  PARAMERROR: 'fail',
  INVALIDREQUEST: 'fail',
  APPIDMCHIDNOTMATCH: 'config',
  MCHNOTEXISTS: 'config',
  SIGNERROR: 'config',
  NOAUTH: 'config',
  RULELIMIT: 'fail',
  TRADEERROR: 'fail',
  ACCOUNTERROR: 'fail',
  USERACCOUNTABNORMAL: 'operator',
  NOTENOUGH: 'operator',
  OPENIDMISMATCH: 'fail',
  INVALIDTRANSACTIONID: 'fail',
  NOSTATEMENTEXIST: 'done-empty',
  STATEMENTCREATING: 'retry-later',
}

const actions: Readonly<Record<PayPolicy, WechatPayAction>> = {
  'retry-same': 'repeat',
  'retry-same-slow': 'repeat',
  'retry-later': 'repeat',
  query: 'query',
  'new-out-trade-no': 'query',
  'not-found': 'give-up',
  fail: 'give-up',
  config: 'fix-configuration',
  operator: 'fix-configuration',
  'done-empty': 'give-up',
}

export interface PayVerdict {
  action: WechatPayAction
  policy?: PayPolicy
  /** True when the same request may be sent again at once, a few times. */
  isRepeatable: boolean
}

/**
 * The policy for an answer that is a 202 or no 2xx, by its code first and its HTTP status second. An answer without a
 * code may come from any proxy on the way to WeChat, so it proves nothing: repeat the request where that is safe, else
 * query.
 */
export function judgePayAnswer(httpStatus: number, wechatCode: string | undefined): PayVerdict {
  const policy = payErrorPolicy[plainCode(wechatCode)] ?? policyOfStatus(httpStatus)
  if (policy) {
    return { action: actions[policy], policy, isRepeatable: policy === 'retry-same' || policy === 'retry-same-slow' }
  }
  return { action: wechatCode ? 'give-up' : 'query', isRepeatable: false }
}

/**
 * What an endpoint answers by a code and not by a 2xx: no refusal that anybody has to mend. Spelt as by {@link plainCode}.
 */
const answersByCode: readonly [path: RegExp, codes: readonly string[]][] = [
  [/^\/v3\/pay\/transactions\/(out-trade-no|id)\//, ['ORDERNOTEXIST']],
  [/^\/v3\/refund\/domestic\/refunds\/[^/]+$/, ['RESOURCENOTEXISTS']],
  [/^\/v3\/certificates$/, ['RESOURCENOTEXISTS']],
  [/^\/v3\/bill\//, ['NOSTATEMENTEXIST']],
]

/**
 * The code that an alert names for an answer that is no signed 2xx, because only operators can mend its cause;
 * undefined where it needs nobody, or passes by itself.
 *
 * @param path without its query.
 */
export function operatorCode(
  path: string,
  { httpStatus, wechatCode, action }: { httpStatus: number; wechatCode: string | undefined; action: WechatPayAction },
): string | undefined {
  // A proxy's answer may pass by itself, or stay for ever.
  if (!wechatCode) return action === 'query' ? `HTTP ${httpStatus}` : undefined
  if (action === 'repeat' || action === 'query') return undefined
  const isAnswer = answersByCode.some(([of, codes]) => of.test(path) && codes.includes(plainCode(wechatCode)))
  return isAnswer ? undefined : wechatCode
}

function policyOfStatus(httpStatus: number): PayPolicy | undefined {
  if (httpStatus === 202 || httpStatus >= 500) return 'retry-same'
  if (httpStatus === 429) return 'retry-same-slow'
  return undefined
}

export type MiniProgramPolicy =
  | 'retry'
  | 'retry-slow'
  | 'retry-later'
  | 'stop-until-tomorrow'
  | 'refresh-token-once'
  | 'drop'
  | 'fail'
  | 'config'

/**
 * The policy for each `errcode` of the mini-program API.
 *
 * Source: https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/ (the error table of each call)
 */
export const miniProgramErrorPolicy: Readonly<Record<number, MiniProgramPolicy>> = {
  [-1]: 'retry',
  40001: 'refresh-token-once',
  40014: 'refresh-token-once',
  42001: 'refresh-token-once',
  43101: 'drop',
  43107: 'config',
  43108: 'retry',
  47003: 'fail',
  45168: 'fail',
  40003: 'fail',
  40037: 'config',
  41030: 'config',
  45009: 'stop-until-tomorrow',
  45011: 'retry-slow',
  40029: 'fail',
  40163: 'fail',
  40226: 'fail',
  40013: 'config',
  40125: 'config',
  40164: 'config',
  89503: 'config',
  10060001: 'retry-later',
}

const whens: Readonly<Record<MiniProgramPolicy, 'never' | 'later' | 'operator'>> = {
  retry: 'later',
  'retry-slow': 'later',
  'retry-later': 'later',
  'stop-until-tomorrow': 'later',
  'refresh-token-once': 'later',
  drop: 'never',
  fail: 'never',
  config: 'operator',
}

/** What an endpoint refuses because of the one user, code, message or order that the call is about. */
const aboutTheCall: Readonly<Record<string, (errcode: number) => boolean>> = {
  '/sns/jscode2session': isCodeRefused,
  // 40003: the code belongs to another user.
  '/wxa/business/getuserphonenumber': (errcode) => isCodeRefused(errcode) || errcode === 40003,
  '/cgi-bin/message/subscribe/send': (errcode) => [43101, 47003, 45168, 40003].includes(errcode),
  '/wxa/sec/order/upload_shipping_info': (errcode) => errcode >= 10_060_000 && errcode < 10_070_000,
}

/** Whether WeChat doesn't accept a user's code: it is bad or expired, used, or of a user whom it blocks. */
function isCodeRefused(errcode: number): boolean {
  return [40029, 40163, 40226].includes(errcode)
}

/** `errcode` of a call whose token is wrong or expired. */
export const TOKEN_REFUSED: readonly number[] = [40001, 40014, 42001]

export interface MiniProgramVerdict {
  /** When a repeat can succeed: never, later without any change, or after an operator has changed something. */
  when: 'never' | 'later' | 'operator'
  /** The refusal is about the one user, code, message or order of this call; others aren't concerned. */
  isAboutCall: boolean
  /** Only an operator can mend it. */
  isForOperator: boolean
}

/** The verdict on an `errcode` of an endpoint; an unknown code needs an operator. */
export function judgeErrcode(path: string, errcode: number, { usesToken }: { usesToken: boolean }): MiniProgramVerdict {
  const policy = miniProgramErrorPolicy[errcode]
  const isAboutCall = aboutTheCall[path]?.(errcode) ?? false
  // Without a token in the call, it is the secret that is wrong.
  if (policy === 'refresh-token-once' && !usesToken)
    return { when: 'operator', isAboutCall: false, isForOperator: true }
  const when = policy ? whens[policy] : 'operator'
  return { when, isAboutCall, isForOperator: !isAboutCall && (when !== 'later' || policy === 'stop-until-tomorrow') }
}

/** Whether a code of WeChat's is in its documentation: how many others there are isn't ours to know. */
export function isKnownCode(code: string): boolean {
  return Object.hasOwn(payErrorPolicy, plainCode(code)) || Object.hasOwn(miniProgramErrorPolicy, code)
}
