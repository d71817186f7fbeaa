import { setTimeout as pause } from 'node:timers/promises'
import type { Deps } from '../../deps.ts'
import { NewestStream } from '../../infra/newest-stream.ts'
import { type Board, readBoard } from './board.ts'
import { createHours, type Hour } from './hours.ts'

/** So often the board is read while somebody looks at it. */
const READ_EVERY_MS = 3_000
/** It takes no more of the database than one part in so many of one connection. */
const SHARE = 10
const MOST_HOURS = 31 * 24

export interface BoardFeed {
  /** The board as of a few seconds ago at the most. */
  current(): Promise<Board>
  /** The last so many hours, 31 days of them at the most. */
  hours(count: number): Promise<Hour[]>
  /** Every board from now on, until the viewer leaves or isn't signed in any more. */
  watch(isStillSignedIn: () => Promise<boolean>): AsyncIterable<Board>
  close(): void
}

/** Reads the board for all viewers together, and not at all while there are none. */
export function createBoardFeed(deps: Deps): BoardFeed {
  const hours = createHours(deps.db, MOST_HOURS)
  const viewers = new Map<NewestStream<Board>, () => Promise<boolean>>()
  let waking = new AbortController()
  let isReading = false
  let latest: { board: Promise<Board>; readAt: number } | undefined

  const current = () => {
    if (latest && performance.now() - latest.readAt < READ_EVERY_MS) return latest.board
    const board = readBoard(deps, hours)
    latest = { board, readAt: performance.now() }
    // Whoever waits for it hears of it; the next one asks anew.
    board.catch(() => (latest = undefined))
    return board
  }
  const readWhileWatched = async () => {
    if (isReading) return
    isReading = true
    while (viewers.size > 0) {
      waking = new AbortController()
      const startedAt = performance.now()
      await offerAll(viewers, current).catch((error: unknown) => deps.log.error({ err: error }, 'board not read'))
      const tookMs = performance.now() - startedAt
      await pause(Math.max(READ_EVERY_MS, tookMs * SHARE), undefined, { signal: waking.signal }).catch(() => {})
    }
    isReading = false
  }
  return {
    current,
    hours: (count) => hours.read(Math.min(Math.max(count, 1), MOST_HOURS)),
    watch: (isStillSignedIn) =>
      new Viewer({
        start: (viewer) => {
          viewers.set(viewer, isStillSignedIn)
          waking.abort()
          void readWhileWatched()
        },
        stop: (viewer) => {
          viewers.delete(viewer)
          if (viewers.size === 0) waking.abort()
        },
      }),
    close: () => {
      for (const viewer of viewers.keys()) viewer.end()
    },
  }
}

/** Ends the streams of those who aren't signed in any more, and gives the others the board. */
async function offerAll(
  viewers: Map<NewestStream<Board>, () => Promise<boolean>>,
  current: () => Promise<Board>,
): Promise<void> {
  const board = await current()
  await Promise.all(
    [...viewers].map(async ([viewer, isStillSignedIn]) => {
      if (await isStillSignedIn()) viewer.offer(board)
      else viewer.end()
    }),
  )
}

interface Life {
  start: (viewer: NewestStream<Board>) => void
  stop: (viewer: NewestStream<Board>) => void
}

/** Somebody who looks at the board. */
class Viewer extends NewestStream<Board> {
  readonly #life: Life

  constructor(life: Life) {
    super()
    this.#life = life
  }

  protected override onStart(): void {
    this.#life.start(this)
  }

  protected override onStop(): void {
    this.#life.stop(this)
  }
}
