import { setTimeout } from 'node:timers/promises'
import { pick, type Random } from './random.ts'

const ANSWERS_WITHIN_MS = 20_000
const TRIES_FOR_MS = 60_000
const PAUSE_MS = 150

export type Result<Fields> = { __typename: string; message?: string; retryable?: boolean } & Partial<Fields>

/** A phone: whatever gets no answer is sent again, to whichever API process comes next. */
export interface Api {
  /**
   * @returns the operation's only field.
   * @throws when a minute of tries has brought no answer.
   */
  send<Data>(query: string, variables: object, accessToken?: string): Promise<Data>
}

export function connectApi(ports: number[], random: Random): Api {
  return {
    send: async <Data>(query: string, variables: object, accessToken?: string) => {
      const endsAt = performance.now() + TRIES_FOR_MS
      for (;;) {
        const answer = await ask<Data>(pick(random, ports), { query, variables }, accessToken)
        if (answer !== undefined) return answer
        if (performance.now() > endsAt) throw new Error(`no answer to ${query}`)
        await setTimeout(PAUSE_MS)
      }
    },
  }
}

/** Undefined without an answer, or when it says to try again. */
async function ask<Data>(port: number, body: object, accessToken?: string): Promise<Data | undefined> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (accessToken !== undefined) headers['authorization'] = `Bearer ${accessToken}`
  try {
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    })
    const { data, errors } = (await response.json()) as { data?: Record<string, Data>; errors?: unknown[] }
    const [answer] = Object.values(data ?? {})
    const { retryable, __typename } = (answer ?? {}) as Partial<Result<object>>
    const isAskedToRetry = retryable === true || __typename === 'RateLimitedError'
    return errors || isAskedToRetry ? undefined : answer
  } catch {
    return undefined
  }
}
