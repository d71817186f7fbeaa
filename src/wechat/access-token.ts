import { z } from 'zod'
import { TOKEN_REFUSED } from './error-policy.ts'
import { MiniProgramError } from './errors.ts'
import { alerted, callMiniProgram, type MiniProgramConnection } from './mini-program-call.ts'

/**
 * A token is replaced this long before it expires. WeChat accepts both the old and the new one in these five minutes.
 */
const RENEW_BEFORE_END_SECONDS = 300

/** How long a token is used at least: WeChat may return one that expires soon. */
const KEEP_AT_LEAST_SECONDS = 60

export interface AccessToken {
  token: string
  expiresAt: Date
}

/** Where the processes share a mini-program's token. */
export interface TokenStore {
  read(appid: string): Promise<AccessToken | null>
  write(appid: string, token: AccessToken): Promise<void>
}

/** A store for one process. */
export function memoryTokenStore(): TokenStore {
  const tokens = new Map<string, AccessToken>()
  return {
    read: async (appid) => tokens.get(appid) ?? null,
    write: async (appid, token) => void tokens.set(appid, token),
  }
}

export interface AccessTokens {
  /** A valid token; concurrent calls share one read of the store, and one fetch. */
  current(): Promise<string>
  /** The token that replaces `refused`; fetched unless another process has replaced it already. */
  replace(refused: string): Promise<string>
  /** Tells operators that WeChat refuses a new token as well. */
  refusedAnew(error: MiniProgramError): void
}

const TokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })

/**
 * The mini-program's tokens, shared with every process that has the same `store`. The one in use is kept in memory, and the
 * store is read again once it has expired, or WeChat has refused it.
 */
export function createAccessTokens(mini: MiniProgramConnection, store: TokenStore): AccessTokens {
  let held: AccessToken | null = null
  let refused: string | undefined
  let renewing: Promise<string> | undefined
  const isUsable = ({ token, expiresAt }: AccessToken) => token !== refused && expiresAt > mini.now()

  const renew = async () => {
    const kept = await store.read(mini.appid)
    if (kept && isUsable(kept)) {
      held = kept
    } else {
      held = await fetchToken(mini, store).catch(asNothingDone)
      // Even if it is the refused one again: WeChat says that it holds.
      refused = undefined
    }
    return held.token
  }
  const current = async () => {
    if (held && isUsable(held)) return held.token
    renewing ??= renew().finally(() => {
      renewing = undefined
    })
    return renewing
  }
  return {
    current,
    replace: async (token) => {
      refused = token
      const other = await current()
      // A renewal that had begun before may have read the refused one.
      return other === token ? current() : other
    },
    refusedAnew: (error) => void alerted(mini, FETCH, { code: String(error.errcode), error }),
  }
}

/**
 * Runs `call` with a token; when WeChat refuses the token, once more with a new one. That one refused too raises an alert.
 *
 * @throws {MiniProgramError} whatever the second call throws.
 */
export async function withAccessToken<Result>(
  tokens: AccessTokens,
  call: (token: string) => Promise<Result>,
): Promise<Result> {
  const token = await tokens.current()
  try {
    return await call(token)
  } catch (error) {
    if (!isTokenRefused(error)) throw error
  }
  try {
    return await call(await tokens.replace(token))
  } catch (error) {
    if (isTokenRefused(error)) tokens.refusedAnew(error)
    throw error
  }
}

function isTokenRefused(error: unknown): error is MiniProgramError {
  return error instanceof MiniProgramError && error.retryable && TOKEN_REFUSED.includes(error.errcode ?? 0)
}

/** The error of a failed fetch with a known outcome: the call that needed the token was never made. */
function asNothingDone(error: unknown): never {
  if (!(error instanceof MiniProgramError) || !error.outcomeUnknown) throw error
  const { message, when, errcode, retryable } = error
  throw new MiniProgramError(message, { when, errcode, retryable, cause: error })
}

const FETCH = { method: 'POST', path: '/cgi-bin/stable_token' } as const

/**
 * Fetches the stable token in normal mode, which neither invalidates the token of other processes nor counts as a
 * forced refresh.
 *
 * Source: https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getStableAccessToken.html
 */
async function fetchToken(mini: MiniProgramConnection, store: TokenStore): Promise<AccessToken> {
  const requestedAt = mini.now()
  const answer = await callMiniProgram(
    mini,
    {
      ...FETCH,
      isRepeatable: true,
      body: { grant_type: 'client_credential', appid: mini.appid, secret: mini.secret, force_refresh: false },
    },
    (json) => TokenAnswer.parse(json),
  )
  const keepSeconds = Math.max(answer.expires_in - RENEW_BEFORE_END_SECONDS, KEEP_AT_LEAST_SECONDS)
  const expiresAt = new Date(requestedAt.getTime() + keepSeconds * 1000)
  const fetched = { token: answer.access_token, expiresAt }
  await store.write(mini.appid, fetched)
  return fetched
}
