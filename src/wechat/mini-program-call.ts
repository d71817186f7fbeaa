import { judgeErrcode } from './error-policy.ts'
import { MiniProgramError } from './errors.ts'
import { type HttpAnswer, type HttpClient, NoAnswerError } from './http.ts'
import { parseJsonObject, problemOf } from './signed-json.ts'
import type { WechatCall, WechatWatch } from './watch.ts'

const MAX_ANSWER_BYTES = 1024 * 1024

export interface MiniProgramConnection {
  readonly appid: string
  readonly secret: string
  readonly apiUrl: URL
  readonly http: HttpClient
  /** How long one call may take, in milliseconds. */
  readonly timeoutMs: number
  /** How long an answer on a kept connection may take to begin, where the call may be repeated on a new one. */
  readonly keptAnswerMs: number
  readonly now: () => Date
  readonly watch: WechatWatch
}

export interface MiniProgramRequest {
  method: 'GET' | 'POST'
  /** Without the query. Error messages name only the path, because queries contain secrets, codes and tokens. */
  path: string
  query?: Record<string, string>
  body?: Record<string, unknown>
  /**
   * Whether the call is repeated, once, when a kept connection gives no answer: at worst WeChat finds a code used up,
   * and the user gets another one.
   */
  isRepeatable?: boolean
  /** What it is about, by which the call is found later; one without isn't kept. */
  number?: string
}

/**
 * Calls the mini-program API and parses its answer by `read`. WeChat answers errors with 200 and an `errcode` in the
 * body, some of them as text/plain, so only the body decides. What only an operator can mend raises an alert.
 *
 * @throws {MiniProgramError} when WeChat refuses, doesn't answer, or gives another answer than documented.
 */
export async function callMiniProgram<Result>(
  mini: MiniProgramConnection,
  request: MiniProgramRequest,
  read: (json: Record<string, unknown>) => Result,
): Promise<Result> {
  const startedMs = performance.now()
  const answer = await exchange(mini, request).catch((error: unknown) => {
    const cause = error instanceof MiniProgramError ? error.cause : undefined
    if (cause instanceof NoAnswerError) tell(mini, request, { startedMs, code: cause.code })
    throw error
  })
  const { status } = answer
  const onUnreadable = () => tell(mini, request, { startedMs, status, code: `HTTP ${status}` })
  const json = readJson(mini, request, answer, onUnreadable)
  const errcode = typeof json.errcode === 'number' ? json.errcode : 0
  tell(mini, request, { startedMs, status, code: errcode === 0 ? undefined : String(errcode) })
  if (errcode !== 0) {
    const usesToken = request.query?.['access_token'] !== undefined
    const { when, isAboutCall, isForOperator } = judgeErrcode(request.path, errcode, { usesToken })
    const retryable = when === 'later' && !isForOperator
    // WeChat's errmsg is left out: it quotes what was sent.
    const message = `${request.path} answered errcode ${errcode}`
    const error = new MiniProgramError(message, { errcode, when, isAboutCall, retryable })
    throw isForOperator ? alerted(mini, request, { code: String(errcode), error }) : error
  }
  try {
    return read(json)
  } catch (error) {
    const message = `${request.path} was answered, but ${problemOf(error)}`
    const failure = new MiniProgramError(message, { when: 'operator', outcomeUnknown: true })
    throw alerted(mini, request, { code: 'undocumented', error: failure })
  }
}

/** Says what became of a call; its path names neither numbers nor people. */
function tell(
  { watch }: Pick<MiniProgramConnection, 'watch'>,
  { method, path, number }: MiniProgramRequest,
  end: Pick<WechatCall, 'startedMs' | 'status' | 'code' | 'requestId'>,
): void {
  watch.called({ number, endpoint: `${method} ${path}`, endedMs: performance.now(), ...end })
}

async function exchange(mini: MiniProgramConnection, request: MiniProgramRequest): Promise<HttpAnswer> {
  const deadline = performance.now() + mini.timeoutMs
  try {
    return await exchangeOnce(mini, request, mini.timeoutMs).catch((error: unknown) => {
      const mayRepeat = request.isRepeatable && error instanceof NoAnswerError && error.wasKept
      if (!mayRepeat) throw error
      return exchangeOnce(mini, request, deadline - performance.now())
    })
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error
    const { code, isUntrusted, mayHaveArrived: outcomeUnknown } = error
    const message = `${request.path} was not answered (${code}): try again later`
    const when = isUntrusted ? 'operator' : 'later'
    const failure = new MiniProgramError(message, { when, outcomeUnknown, cause: error })
    throw isUntrusted ? alerted(mini, request, { code: 'untrusted', error: failure }) : failure
  }
}

function exchangeOnce(mini: MiniProgramConnection, request: MiniProgramRequest, timeoutMs: number) {
  const url = new URL(request.path, mini.apiUrl)
  url.search = new URLSearchParams(request.query).toString()
  return mini.http.exchange({
    method: request.method,
    url,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      ...(request.body ? { 'content-type': 'application/json' } : {}),
    },
    body: request.body ? JSON.stringify(request.body) : undefined,
    timeoutMs,
    keptAnswerMs: request.isRepeatable ? mini.keptAnswerMs : undefined,
    maxBytes: MAX_ANSWER_BYTES,
  })
}

function readJson(
  mini: MiniProgramConnection,
  request: MiniProgramRequest,
  { status, body }: HttpAnswer,
  onUnreadable: () => void,
): Record<string, unknown> {
  const isSuccess = status >= 200 && status < 300
  if (isSuccess) {
    try {
      return parseJsonObject(body)
    } catch {
      // Told to operators below.
    }
  }
  onUnreadable()
  const message = `${request.path} answered HTTP ${status}${isSuccess ? ' without JSON' : ''}: try again later`
  const outcomeUnknown = isSuccess || status >= 500
  const error = new MiniProgramError(message, { when: 'later', outcomeUnknown })
  // WeChat answers everything with 200 and JSON: this is something on the way to it, and may stay for ever.
  const mayPass = status >= 500 || status === 429
  throw mayPass ? error : alerted(mini, request, { code: `HTTP ${status}`, error })
}

/** The error, after its alert was raised. */
export function alerted(
  { watch }: Pick<MiniProgramConnection, 'watch'>,
  { method, path }: Pick<MiniProgramRequest, 'method' | 'path'>,
  { code, error }: { code: string; error: MiniProgramError },
): MiniProgramError {
  watch.refused({ endpoint: `${method} ${path}`, code, error })
  return error
}
