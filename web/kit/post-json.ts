export interface Answer {
  /** Whether its status is of success. */
  ok: boolean
  /** Undefined for an empty body. */
  json: unknown
  /** Under which the server's log has it. */
  requestId: string | undefined
}

/** An answer that takes longer never comes: by then even an act that asks WeChat several times has ended. */
const ANSWER_WITHIN_MS = 150_000

/** Posts `body` as JSON; undefined when no answer came within 150 s, or one that is neither JSON nor empty. */
export async function postJson(
  url: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<Answer | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
    const text = await response.text()
    const json: unknown = text === '' ? undefined : JSON.parse(text)
    return { ok: response.ok, json, requestId: response.headers.get('x-request-id') ?? undefined }
  } catch {
    return undefined
  }
}
