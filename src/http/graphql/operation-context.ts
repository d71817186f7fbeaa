import type { ApiDeps, Deps } from '../../deps.ts'
import { createUnauthenticatedError, type GraphqlContext, type Transport } from '../../graphql/context.ts'
import type { Rates } from '../../graphql/rates.ts'
import { findSession, type LiveSession } from '../../user/session.ts'
import { orBusy } from './busy.ts'
import { maskError } from './mask-errors.ts'
import { acquireStream, createStreamSlots } from './stream-slots.ts'

/** Makes the context of an operation, for which its session is read. */
export type CreateContext = (transport: Transport) => Promise<GraphqlContext>

/** @param sessionDeps with the connections over which sessions are read. */
export function createContextFactory(deps: ApiDeps, sessionDeps: Deps, rates: Rates): CreateContext {
  const streams = createStreamSlots(deps)
  return async ({ requestId, address, language, authorization, startsStream, watchEnd, holdSlot }) => {
    const found = await authenticate(sessionDeps, authorization, { inTurn: startsStream }).catch((error: unknown) => {
      throw maskError(deps.log, orBusy(deps.metrics, error, { isWhole: true }), requestId)
    })
    if (found) holdSlot?.(`user ${found.viewer.id}`)
    return {
      deps,
      requestId,
      address,
      language,
      rates,
      session: found && { id: found.sessionId },
      viewer: found?.viewer ?? null,
      acquireStream: (end) => acquireStream(streams, watchEnd, found, end),
    }
  }
}

/**
 * @param how as {@link findSession} takes it.
 * @throws {GraphQLError} `UNAUTHENTICATED` when there is a token, and it is malformed, expired or revoked.
 */
export async function authenticate(
  deps: Deps,
  authorization: unknown,
  how: { inTurn?: boolean | undefined },
): Promise<LiveSession | null> {
  if (authorization === undefined || authorization === null || authorization === '') return null
  const accessToken = typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined
  const found = accessToken === undefined ? null : await findSession(deps, accessToken, how)
  if (!found) throw createUnauthenticatedError({ status: 401 })
  return found
}
