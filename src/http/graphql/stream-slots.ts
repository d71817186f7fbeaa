import type { ServerResponse } from 'node:http'
import type { Deps } from '../../deps.ts'
import { createUnauthenticatedError, type Transport } from '../../graphql/context.ts'
import { createRateLimited } from '../limits/refusal.ts'
import { createSlots } from '../limits/slots.ts'
import { limitTexts } from '../texts.ts'

const RETRY_AFTER_SECONDS = 30

/** Slots for the streams of users, over whatever transport. */
export interface StreamSlots {
  /** @returns what releases the slot, safe to call twice. @throws {GraphQLError} `RATE_LIMITED` */
  acquire: (userId: string) => () => void
}

export function createStreamSlots({ config, metrics }: Pick<Deps, 'config' | 'metrics'>): StreamSlots {
  const slots = createSlots(config.limits.streamsPerUser * config.rateLimitFactor)
  return {
    acquire(userId) {
      const release = slots.acquire(userId)
      if (!release) {
        throw createRateLimited(metrics, {
          limit: 'streamsPerUser',
          retryAfterSeconds: RETRY_AFTER_SECONDS,
          text: limitTexts.streams,
        })
      }
      metrics.openStreams.inc()
      let isOpen = true
      return () => {
        if (isOpen) metrics.openStreams.dec()
        isOpen = false
        release()
      }
    },
  }
}

/** What `acquireStream` of the GraphQL context does: see there. */
export function acquireStream(
  slots: StreamSlots,
  watchEnd: Transport['watchEnd'],
  found: { sessionId: string; viewer: { id: string } } | null,
  end: () => void,
): () => void {
  if (!found) throw createUnauthenticatedError()
  const releaseSlot = slots.acquire(found.viewer.id)
  const stopWatch = watchEnd(found.sessionId, end)
  return () => {
    stopWatch()
    releaseSlot()
  }
}

/**
 * Calls `end` when the connection of an event stream is over, which Yoga doesn't tell a stream that it hasn't begun to
 * read.
 *
 * @param stopWatch stops the watch of its session.
 * @returns what stops both.
 */
export function watchEventStream(response: ServerResponse, stopWatch: () => void, end: () => void): () => void {
  if (response.destroyed) end()
  response.on('close', end)
  return () => {
    stopWatch()
    response.off('close', end)
  }
}
