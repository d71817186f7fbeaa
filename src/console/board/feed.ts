import { setTimeout as pause } from 'node:timers/promises'
import type { Deps } from '../../deps.ts'
import { shareReads } from '../../infra/share-reads.ts'
import { openViewers, type Watcher } from '../viewers.ts'
import { type Board, readBoard } from './board.ts'
import { createHours, type Hour } from './hours.ts'
import { readWaiting, type Waiting } from './waiting.ts'

/** So often the board is read while somebody looks at it. */
const READ_EVERY_MS = 3_000
/** It takes no more of the database than one part in so many of one connection. */
const SHARE = 10
export const MOST_HOURS = 31 * 24

export interface BoardFeed {
  /** The board as of a few seconds ago at the most. */
  current(): Promise<Board>
  /** What waits for a person, as of now. */
  waiting(): Promise<Waiting>
  /** The last so many hours, 31 days of them at the most. */
  hours(count: number): Promise<Hour[]>
  /** The board now and from then on, until the viewer leaves or isn't signed in any more. */
  watch(watcher: Watcher): AsyncIterable<Board>
  close(): void
}

/** Reads the board for all viewers together, and not at all while there are none. */
export function createBoardFeed(deps: Deps): BoardFeed {
  const hours = createHours(deps.db, MOST_HOURS)
  let waking = new AbortController()
  let isReading = false
  const current = rememberLatest(() => readBoard(deps, hours))
  const logUnread = (error: unknown) => deps.log.error({ err: error }, 'board not read')
  const viewers = openViewers<Board>({
    onJoin: (viewer) => {
      // Who joins reads nothing for those who are there.
      if (isReading) current().then((board) => viewer.offer(board), logUnread)
      else void readWhileWatched()
    },
    onLeave: () => {
      if (viewers.count() === 0) waking.abort()
    },
  })
  const readWhileWatched = async () => {
    if (isReading) return
    isReading = true
    while (viewers.count() > 0) {
      waking = new AbortController()
      const startedAt = performance.now()
      await current().then(viewers.offer).catch(logUnread)
      const tookMs = performance.now() - startedAt
      await pause(Math.max(READ_EVERY_MS, tookMs * SHARE), undefined, { signal: waking.signal }).catch(() => {})
    }
    isReading = false
  }
  return {
    current,
    waiting: shareReads(() => readWaiting(deps)),
    hours: (count) => hours.read(Math.min(Math.max(count, 1), MOST_HOURS)),
    watch: viewers.watch,
    close: viewers.end,
  }
}

/** A board that was read of late serves whoever asks: for a few seconds, and for longer the longer its read took. */
function rememberLatest(read: () => Promise<Board>): () => Promise<Board> {
  let latest: { board: Promise<Board>; readAt: number; freshForMs: number } | undefined
  return () => {
    if (latest && performance.now() - latest.readAt < latest.freshForMs) return latest.board
    const reading = { board: read(), readAt: performance.now(), freshForMs: Number.POSITIVE_INFINITY }
    latest = reading
    reading.board.then(
      () => (reading.freshForMs = Math.max(READ_EVERY_MS, (performance.now() - reading.readAt) * SHARE)),
      // Whoever waits for it hears of it; the next one asks anew.
      () => (latest = undefined),
    )
    return reading.board
  }
}
