import { z } from 'zod'
import { type AccessTokens, createAccessTokens, type TokenStore, withAccessToken } from './access-token.ts'
import { MiniProgramError } from './errors.ts'
import { openHttpClient } from './http.ts'
import { readApiUrl } from './merchant.ts'
import { callMiniProgram, type MiniProgramConnection } from './mini-program-call.ts'
import { optionalText } from './signed-json.ts'
import { createWechatWatch, type WechatWatch } from './watch.ts'

const DEFAULT_TIMEOUTS = { connectMs: 5_000, totalMs: 10_000, keptAnswerMs: 4_000 }

export interface MiniProgramConfig {
  appid: string
  secret: string
  /** Scheme, host and port alone, as `https://api.weixin.qq.com`. */
  apiUrl: string
}

export interface MiniProgramOptions {
  tokenStore: TokenStore
  now?: () => Date
  /** Tells operators what they must mend; by default nobody is told. */
  watch?: WechatWatch
  timeouts?: Partial<typeof DEFAULT_TIMEOUTS>
}

/** One mini-program's connection to WeChat's server API. */
export interface MiniProgram extends MiniProgramConnection {
  readonly tokens: AccessTokens
  /** Aborts calls in flight. */
  close(): Promise<void>
}

/** @throws {WechatKeyError} when `apiUrl` cannot be used. */
export function openMiniProgram(config: MiniProgramConfig, options: MiniProgramOptions): MiniProgram {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
  const now = options.now ?? (() => new Date())
  const watch = options.watch ?? createWechatWatch({})
  const http = openHttpClient({ api: 'mini-program', connectMs: timeouts.connectMs, now, watch })
  const connection: MiniProgramConnection = {
    appid: config.appid,
    secret: config.secret,
    apiUrl: readApiUrl(config.apiUrl),
    http,
    timeoutMs: timeouts.totalMs,
    keptAnswerMs: timeouts.keptAnswerMs,
    now,
    watch,
  }
  return {
    ...connection,
    tokens: createAccessTokens(connection, options.tokenStore),
    close: async () => http.close(),
  }
}

export interface LoginSession {
  openid: string
  unionid?: string
  /** Never leaves the server. */
  sessionKey: string
}

const SessionAnswer = z.object({
  openid: z.string().min(1),
  session_key: z.string().min(1),
  // Null or empty for a mini-program without an open-platform account.
  unionid: optionalText,
})

/**
 * The user who logged in with `code`. A code works once, so after a call without an answer the client needs a new one.
 *
 * Source: https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html
 *
 * @throws {MiniProgramError} with `isAboutCall` for a bad, used or blocked code (40029, 40163, 40226).
 */
export function codeToSession(mini: MiniProgram, code: string): Promise<LoginSession> {
  const query = { appid: mini.appid, secret: mini.secret, js_code: code, grant_type: 'authorization_code' }
  const request = { method: 'GET' as const, path: '/sns/jscode2session', query, isRepeatable: true }
  return callMiniProgram(mini, request, (json) => {
    const { openid, session_key: sessionKey, unionid } = SessionAnswer.parse(json)
    return { openid, sessionKey, unionid }
  })
}

export interface PhoneNumber {
  phoneNumber: string
  /** Without the country code. */
  purePhoneNumber: string
  countryCode: string
}

const PhoneAnswer = z.object({
  phone_info: z.object({
    phoneNumber: z.string(),
    purePhoneNumber: z.string(),
    countryCode: z.coerce.string(),
    watermark: z.object({ appid: z.string() }),
  }),
})

/**
 * The phone number behind `phoneCode`, which isn't a login code. Every call costs quota. WeChat checks that the code
 * belongs to `openid`.
 *
 * Source: https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/phone-number/getPhoneNumber.html
 *
 * @throws {MiniProgramError} with `isAboutCall` for a bad or used code (40029), or one from another mini-program.
 */
export async function getPhoneNumber(
  mini: MiniProgram,
  { phoneCode, openid }: { phoneCode: string; openid: string },
): Promise<PhoneNumber> {
  const path = '/wxa/business/getuserphonenumber'
  const { watermark, ...phone } = await withAccessToken(mini.tokens, (token) =>
    callMiniProgram(
      mini,
      { method: 'POST', path, query: { access_token: token }, body: { code: phoneCode, openid }, isRepeatable: true },
      (json) => PhoneAnswer.parse(json).phone_info,
    ),
  )
  if (watermark.appid !== mini.appid) {
    const message = `${path} answered with a number given to another mini-program`
    throw new MiniProgramError(message, { when: 'never', isAboutCall: true })
  }
  return phone
}
