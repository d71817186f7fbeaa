import type { Problem } from './result.ts'

/** Whether a problem is permanent, or worth another try; `token` is the one that the request was sent with. */
export type IsPermanent = (problem: Problem, token: string | undefined) => boolean

/**
 * A check for the problems of one payment. It remembers the refused token: the first UNAUTHENTICATED may only mean
 * that the session is being refreshed; a second one for the same token is permanent.
 */
export function createRefusalCheck(): IsPermanent {
  let refusedToken: string | undefined
  return ({ code }, token) => {
    if (code !== 'UNAUTHENTICATED') return code === 'NOT_FOUND'
    const isRefusedTwice = token !== undefined && token === refusedToken
    refusedToken = token
    return isRefusedTwice
  }
}
