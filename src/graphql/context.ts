import { GraphQLError } from 'graphql'
import type { User } from '../../prisma/client/client.ts'
import type { ApiDeps } from '../deps.ts'
import type { Language, Text } from '../texts.ts'
import type { Rates } from './rates.ts'
import { graphqlTexts } from './texts.ts'

/** What the transport knows of an operation before it runs. */
export interface Transport {
  requestId: string
  /** Of the client, by which it is limited. */
  address: string
  /** That the client asks for. */
  language: Language
  /** `Bearer …` as received; nothing for the anonymous. */
  authorization: unknown
  /** Whether it is a subscription: thousands may come at once, and none is in a hurry. */
  startsStream?: boolean
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
  texts?: StreamedTexts
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

/** The same for a receiver that is an object: in place of promises, of which thousands would wait. */
export interface StreamedTexts extends ResultTexts {
  /** Like `sendAll`. */
  sendTo: (receiver: TextReceiver) => void
}

export interface TextReceiver {
  /** @returns what the next result waits for, if anything. */
  send: (text: string) => Promise<void> | undefined
  /** The stream is over. */
  end: () => void
  /** `send` failed, and nothing follows. */
  fail: (error: unknown) => void
}

/** What every resolver gets: one per operation. */
export interface GraphqlContext {
  deps: ApiDeps
  /** In the log, and in the answer as `x-request-id`. */
  requestId: string
  /** Of the client, by which the anonymous are limited. */
  address: string
  /** Of every `message` in the answer. */
  language: Language
  rates: Rates
  /** Null for the anonymous. */
  session: { id: string } | null
  /** The code of the expected failure that a mutation ended in, which is data of its result. */
  failure?: string
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

/** Under it, errors carry their text in every language; JSON leaves it out. */
const TEXT = Symbol('text')

/** What of an error's extensions lets it be said in every language. Its message is the English text. */
export function extensionOf(text: Text): object {
  return { [TEXT]: text }
}

/** The error's text in every language; undefined where a library made it. */
export function textOf({ extensions }: GraphQLError): Text | undefined {
  return (extensions as { [TEXT]?: Text })[TEXT]
}

/** An error for the caller, with `extensions.code`: the kind that is never masked. */
export function createUserError(code: string, text: Text, http?: { status: number; spec?: boolean }): GraphQLError {
  const extensions = { code, ...(http && { http: { spec: true, ...http } }), ...extensionOf(text) }
  return new GraphQLError(text.en, { extensions })
}

/** The one answer to a missing, malformed, expired or revoked token. */
export function createUnauthenticatedError(http?: { status: number }): GraphQLError {
  return createUserError('UNAUTHENTICATED', graphqlTexts.unauthenticated, http)
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
