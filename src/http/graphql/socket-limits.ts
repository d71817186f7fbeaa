import { GraphQLError } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import type { WebSocket } from 'ws'

/** What a client needs at once, and as much as leaves others a place at the database soon. */
const MAX_IN_HAND = 20
/** More payments than a person has open. */
const MAX_STREAMS = 50
const RETRY_AFTER_SECONDS = 1

/** What one socket has at once; an operation is known by its payload, for ids may be given anew. */
export interface SocketLimits {
  /** Takes a place for an operation, until `release` or `finish`. @throws {GraphQLError} `RATE_LIMITED` */
  take: (socket: WebSocket, operation: SubscribePayload) => void
  /** Takes a place for a subscription, until `finish`. @throws {GraphQLError} `RATE_LIMITED` */
  takeStream: (socket: WebSocket, operation: SubscribePayload) => void
  /** The operation isn't worked on any more; if it is a subscription, it may be open. */
  release: (socket: WebSocket, operation: SubscribePayload) => void
  /** The operation is over, and its answer is sent. */
  finish: (socket: WebSocket, operation: SubscribePayload) => void
}

/** Places for operations; what finds none is refused at once, so that nothing queues up. */
export function createSocketLimits(): SocketLimits {
  const inHand = openPlaces(MAX_IN_HAND, 'This connection has too many operations in hand. Wait for their answers.')
  const streams = openPlaces(MAX_STREAMS, 'This connection has too many subscriptions open. Complete some first.')
  return {
    take: inHand.take,
    takeStream: streams.take,
    release: inHand.free,
    finish(socket, operation) {
      inHand.free(socket, operation)
      streams.free(socket, operation)
    },
  }
}

function openPlaces(max: number, refusal: string) {
  const taken = new WeakMap<WebSocket, Set<SubscribePayload>>()
  return {
    take(socket: WebSocket, operation: SubscribePayload) {
      const operations = taken.get(socket) ?? new Set()
      if (operations.size >= max) {
        const extensions = { code: 'RATE_LIMITED', retryAfterSeconds: RETRY_AFTER_SECONDS }
        throw new GraphQLError(refusal, { extensions })
      }
      taken.set(socket, operations.add(operation))
    },
    free: (socket: WebSocket, operation: SubscribePayload) => taken.get(socket)?.delete(operation),
  }
}
