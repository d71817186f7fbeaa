import { GraphQLError } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import type { WebSocket } from 'ws'

/** More than a client does at once, and few enough that one socket can't keep the database from the others. */
const MAX_IN_HAND = 20
/** More payments than a person watches. */
const MAX_STREAMS = 50
const RETRY_AFTER_SECONDS = 1

/** The caps of each socket. An operation is known by its payload: clients may use an id again. */
export interface SocketLimits {
  /** Acquires a slot for an operation, until `release` or `finish`. @throws {GraphQLError} `RATE_LIMITED` */
  acquire: (socket: WebSocket, operation: SubscribePayload) => void
  /** Acquires a slot for a stream, until `finish`. @throws {GraphQLError} `RATE_LIMITED` */
  acquireStream: (socket: WebSocket, operation: SubscribePayload) => void
  /** Releases the slot of an operation that isn't worked on any more; the stream that it opened keeps its own. */
  release: (socket: WebSocket, operation: SubscribePayload) => void
  /** Releases all slots of an operation that is over, and whose answer was sent. */
  finish: (socket: WebSocket, operation: SubscribePayload) => void
}

/** Caps for any number of sockets. Whoever finds no free slot is refused at once, so that nothing queues up. */
export function createSocketLimits(): SocketLimits {
  const inHand = createSlots(MAX_IN_HAND, 'This connection has too many operations in hand. Wait for their answers.')
  const streams = createSlots(MAX_STREAMS, 'This connection has too many subscriptions open. Complete some first.')
  return {
    acquire: inHand.acquire,
    acquireStream: streams.acquire,
    release: inHand.release,
    finish(socket, operation) {
      inHand.release(socket, operation)
      streams.release(socket, operation)
    },
  }
}

function createSlots(max: number, refusal: string) {
  const inUse = new WeakMap<WebSocket, Set<SubscribePayload>>()
  return {
    acquire(socket: WebSocket, operation: SubscribePayload) {
      const operations = inUse.get(socket) ?? new Set()
      if (operations.size >= max) {
        const extensions = { code: 'RATE_LIMITED', retryAfterSeconds: RETRY_AFTER_SECONDS }
        throw new GraphQLError(refusal, { extensions })
      }
      inUse.set(socket, operations.add(operation))
    },
    release: (socket: WebSocket, operation: SubscribePayload) => inUse.get(socket)?.delete(operation),
  }
}
