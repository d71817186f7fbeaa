import { GraphQLError } from 'graphql'
import type { User } from '../../prisma/client/client.ts'
import type { ApiDeps } from '../deps.ts'
import type { Rates } from './rates.ts'

/** What the transport knows of an operation before it runs. */
export interface Transport {
  requestId: string
  /** Of the client, by which it is limited. */
  address: string
  /** `Bearer …` as received; nothing for the anonymous. */
  authorization: unknown
  /**
   * Tells a stream that its connection ended, or over SSE its session: a socket is closed with that. @returns what stops
   * watching.
   */
  watchEnd: (sessionId: string, onEnd: () => void) => () => void
  /**
   * Holds a slot of this client, like `user …`, until the operation is answered.
   *
   * @throws {GraphQLError} `RATE_LIMITED` when the client has none left.
   */
  holdSlot?: (client: string) => void
  /** Set once a subscription has started, for whoever sends its results. */
  texts?: ResultTexts
}

/** The results of a subscription, each as JSON text. */
export interface ResultTexts {
  /**
   * Reads one result after the other, once `send` has sent the one before: a client that is slow to read gets the newest of
   * what it missed. Resolves when the stream is over. Until it is called, nothing is read. Never rejects unless `send` does.
   */
  sendAll: (send: (text: string) => Promise<void>) => Promise<void>
  /** Ends the stream: nothing is sent any more. */
  leave: () => Promise<void>
}

/** What every resolver gets: one per operation. */
export interface GraphqlContext {
  deps: ApiDeps
  /** In the log, and in the answer as `x-request-id`. */
  requestId: string
  /** Of the client, by which the anonymous are limited. */
  address: string
  rates: Rates
  /** Null for the anonymous. */
  session: { id: string } | null
  /** Who is signed in; null for the anonymous. */
  viewer: User | null
  /**
   * Acquires one of the viewer's slots for a stream, and calls `end` when the session or the connection ends first.
   *
   * @returns what releases the slot, safe to call twice.
   * @throws {GraphQLError} `RATE_LIMITED` when the viewer has too many streams, `UNAUTHENTICATED` for the anonymous.
   */
  acquireStream: (end: () => void) => () => void
}

/** An error for the caller, with `extensions.code`: the kind that is never masked. */
export function createUserError(code: string, message: string, http?: { status: number }): GraphQLError {
  return new GraphQLError(message, { extensions: { code, ...(http && { http: { ...http, spec: true } }) } })
}

/** The one answer to a missing, malformed, expired or revoked token. */
export function createUnauthenticatedError(http?: { status: number }): GraphQLError {
  return createUserError('UNAUTHENTICATED', 'Sign in with wxLogin and send its accessToken as a bearer token.', http)
}

/** @throws {GraphQLError} `UNAUTHENTICATED` for the anonymous. */
export function requireViewer({ viewer }: Pick<GraphqlContext, 'viewer'>): User {
  if (!viewer) throw createUnauthenticatedError()
  return viewer
}

/** @throws {GraphQLError} `UNAUTHENTICATED` for the anonymous. */
export function requireSession({ session, viewer }: GraphqlContext): { sessionId: string; viewer: User } {
  if (!session) throw createUnauthenticatedError()
  return { sessionId: session.id, viewer: requireViewer({ viewer }) }
}
