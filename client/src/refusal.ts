import type { Problem } from './result.ts'

/** Whether a problem is for good, or worth another try; `token` is what the question was asked with. */
export type JudgeRefusal = (problem: Problem, token: string | undefined) => boolean

/** A judge of the refusals of one payment: one UNAUTHENTICATED may be a session that is just being refreshed. */
export function createRefusalJudge(): JudgeRefusal {
  let refusedToken: string | undefined
  return ({ code }, token) => {
    if (code !== 'UNAUTHENTICATED') return code === 'NOT_FOUND'
    const isRefusedTwice = token !== undefined && token === refusedToken
    refusedToken = token
    return isRefusedTwice
  }
}
