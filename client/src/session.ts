import type { Answer, Problem } from './result.ts'

/** Who the client's requests are sent as. */
export interface Session {
  /** The token to send; empty for the anonymous. Throwing counts as a network failure. */
  token(): string | Promise<string>
  /**
   * Another token in place of one that the server refused; where there is none, `refusal` itself, or why nobody could be
   * signed in. Never rejects.
   */
  renew(refused: string, refusal: Problem): Promise<Answer<string>>
}

/** A session that others look after: a refused token is for them to renew. */
export function givenSession(token: Session['token']): Session {
  return { token, renew: async (_refused, refusal) => ({ ok: false, problem: refusal }) }
}

export const anonymous = givenSession(() => '')
