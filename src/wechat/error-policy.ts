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

/** Whether repeating a call to the mini-program API can help after `errcode`; an unknown code needs an operator. */
export function whenToRepeat(errcode: number): 'never' | 'later' | 'operator' {
  const policy = miniProgramErrorPolicy[errcode]
  return policy ? whens[policy] : 'operator'
}
