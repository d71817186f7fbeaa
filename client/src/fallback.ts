import { type CloseSignal, delay } from './close-signal.ts'
import type { Foreground } from './foreground.ts'
import type { OpenStream } from './stream.ts'

/** A stream that lived this long was healthy: losing it does not count against its transport. */
const HEALTHY_MS = 30_000

/** In lengths of `reconnectMs`. */
const RECONNECT = { least: 0.5, spread: 3 }

/**
 * How long to wait before a stream is opened again. A server that stops ends thousands of them together: spread over
 * three times `reconnectMs`, their clients don't come back together.
 *
 * @param random from 0 to below 1.
 */
export function reconnectDelayMs(reconnectMs: number, random = Math.random()): number {
  return reconnectMs * (RECONNECT.least + RECONNECT.spread * random)
}

/** How a payment's states reach the client: WebSocket, server-sent events, or polling. */
export interface Transport {
  open: OpenStream
  /** How many streams in a row may be lost before the next transport is used. */
  attempts: number
}

export interface FallbackDeps {
  /** The preferred one first; the last one is never given up. */
  transports: readonly Transport[]
  foreground: Foreground
  closeSignal: CloseSignal
  reconnectMs: number
}

/** Chooses the transport of each new stream: the preferred one, or the next one when that keeps losing its streams. */
export function createFallback({ transports, foreground, closeSignal, reconnectMs }: FallbackDeps) {
  let index = 0
  let losses = 0
  let hideCount = 0
  let startedAt = 0

  return {
    /** The transport to open the next stream with. */
    choose(): Transport {
      hideCount = foreground.hideCount()
      startedAt = Date.now()
      return transports[index] as Transport
    },
    /** Goes back to the preferred transport, for one attempt only: while it is tried, no state arrives. */
    retryPreferred(): void {
      index = 0
      losses = (transports[0] as Transport).attempts - 1
    },
    /**
     * Counts the loss of the stream opened last; resolves when the next one may be opened: by another transport at once,
     * unless states have arrived by this one.
     */
    async recordLoss(hasWorked: boolean): Promise<void> {
      if (foreground.hideCount() !== hideCount) {
        // WeChat cut it off because the app was in the background: the transport itself may be fine.
        index = 0
        losses = 0
        return
      }
      losses = Date.now() - startedAt > HEALTHY_MS ? 0 : losses + 1
      const isGivenUp = losses >= (transports[index] as Transport).attempts
      if (isGivenUp) {
        index = Math.min(index + 1, transports.length - 1)
        losses = 0
      }
      if (hasWorked || !isGivenUp) return delay(closeSignal, reconnectDelayMs(reconnectMs))
    },
  }
}
