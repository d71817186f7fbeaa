export interface Answer {
  json: unknown
  /** Under which the server's log has it. */
  requestId: string | undefined
}

/** Posts `body` as JSON; undefined when no answer came, or none that is JSON. */
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
    })
    const json: unknown = await response.json()
    return { json, requestId: response.headers.get('x-request-id') ?? undefined }
  } catch {
    return undefined
  }
}
