import type { Foreground } from './foreground.ts'
import { delay, type OpenStream } from './stream.ts'

/** A stream that lived so long was healthy: its end is no reason to distrust the way it came. */
const HEALTHY_MS = 30_000

/** A way to hear of a payment, and how often it may fail before the next is taken. */
export interface Way {
  open: OpenStream
  chances: number
}

export interface TurnDeps {
  /** The best first; the last one never fails. */
  ways: readonly Way[]
  foreground: Foreground
  reconnectMs: number
}

/** Whose turn it is among the ways. */
export function createTurn({ ways, foreground, reconnectMs }: TurnDeps) {
  let index = 0
  let losses = 0
  let hideCount = 0
  let startedAt = 0

  return {
    start(): Way {
      hideCount = foreground.hideCount()
      startedAt = Date.now()
      return ways[index] as Way
    },
    /** The best way again; a chance for each, because nothing is heard meanwhile. */
    restart(): void {
      index = 0
      losses = (ways[0] as Way).chances - 1
    },
    async lose(): Promise<void> {
      if (foreground.hideCount() !== hideCount) {
        // Cut by the background, which says nothing about the way.
        index = 0
        losses = 0
        return
      }
      losses = Date.now() - startedAt > HEALTHY_MS ? 0 : losses + 1
      if (losses < (ways[index] as Way).chances) return delay(reconnectMs)
      index = Math.min(index + 1, ways.length - 1)
      losses = 0
    },
  }
}
