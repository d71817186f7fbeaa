import { whenToRepeat } from './error-policy.ts'
import { MiniProgramError } from './errors.ts'
import { type HttpAnswer, type HttpClient, NoAnswerError } from './http.ts'
import { parseJsonObject, problemOf } from './signed-json.ts'

const MAX_ANSWER_BYTES = 1024 * 1024

export interface MiniProgramConnection {
  readonly appid: string
  readonly secret: string
  readonly apiUrl: URL
  readonly http: HttpClient
  /** How long one call may take, in milliseconds. */
  readonly timeoutMs: number
  readonly now: () => Date
}

export interface MiniProgramRequest {
  method: 'GET' | 'POST'
  /** Without the query. Error messages name only the path, because queries contain secrets, codes and tokens. */
  path: string
  query?: Record<string, string>
  body?: Record<string, unknown>
}

/**
 * Calls the mini-program API and parses its answer by `read`. WeChat answers errors with 200 and an `errcode` in the
 * body, some of them as text/plain, so only the body decides.
 *
 * @throws {MiniProgramError} when WeChat refuses, doesn't answer, or gives another answer than documented.
 */
export async function callMiniProgram<Result>(
  mini: MiniProgramConnection,
  request: MiniProgramRequest,
  read: (json: Record<string, unknown>) => Result,
): Promise<Result> {
  const answer = await exchange(mini, request)
  const json = readJson(request, answer)
  const errcode = typeof json.errcode === 'number' ? json.errcode : 0
  if (errcode !== 0) {
    // WeChat's errmsg is left out: it quotes what was sent.
    throw new MiniProgramError(`${request.path} answered errcode ${errcode}`, { errcode, when: whenToRepeat(errcode) })
  }
  try {
    return read(json)
  } catch (error) {
    const message = `${request.path} was answered, but ${problemOf(error)}`
    throw new MiniProgramError(message, { when: 'operator', outcomeUnknown: true })
  }
}

async function exchange(mini: MiniProgramConnection, request: MiniProgramRequest): Promise<HttpAnswer> {
  const url = new URL(request.path, mini.apiUrl)
  url.search = new URLSearchParams(request.query).toString()
  try {
    return await mini.http.exchange({
      method: request.method,
      url,
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        ...(request.body ? { 'content-type': 'application/json' } : {}),
      },
      body: request.body ? JSON.stringify(request.body) : undefined,
      timeoutMs: mini.timeoutMs,
      maxBytes: MAX_ANSWER_BYTES,
    })
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error
    throw new MiniProgramError(`${request.path} was not answered (${error.code}): try again later`, {
      when: 'later',
      outcomeUnknown: error.mayHaveArrived,
      cause: error,
    })
  }
}

function readJson(request: MiniProgramRequest, { status, body }: HttpAnswer): Record<string, unknown> {
  const isSuccess = status >= 200 && status < 300
  if (isSuccess) {
    try {
      return parseJsonObject(body)
    } catch {
      throw new MiniProgramError(`${request.path} answered ${status} without JSON: try again later`, {
        when: 'later',
        outcomeUnknown: true,
      })
    }
  }
  throw new MiniProgramError(`${request.path} answered HTTP ${status}: try again later`, {
    when: 'later',
    outcomeUnknown: status >= 500,
  })
}
