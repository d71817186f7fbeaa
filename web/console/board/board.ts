import { openStore } from '../../kit/store.ts'
import { call } from '../api/api.ts'
import { watchBoard } from '../api/live.ts'
import type { Board, Hour } from '../api/types.ts'
import { openLoaded } from '../parts/load.ts'

/** How far back the plots look, in hours. */
export const SPAN_HOURS = { day: 24, week: 7 * 24, month: 30 * 24 } as const
export type Span = keyof typeof SPAN_HOURS

/** The plots are read again as often: they count whole hours. */
const HOURS_EVERY_MS = 60_000

/** What goes on now, by a subscription while the board is in sight, and what went on before. */
export function openBoard() {
  const store = openStore<{ isLive: boolean; span: Span }>({ isLive: false, span: 'day' })
  const now = openLoaded<undefined, Board>(() => call('board', {}).then(({ board }) => board))
  const hours = openLoaded<Span, Hour[]>((span) =>
    call('boardHours', { hours: SPAN_HOURS[span] }).then(({ boardHours }) => boardHours),
  )
  return {
    now,
    hours,
    subscribe: store.subscribe,
    get state() {
      return store.state
    },
    choose(span: Span) {
      store.change({ span })
      void hours.load(span)
    },
    /** Reads and watches. @returns what ends it. */
    open() {
      void now.load(undefined)
      void hours.load(store.state.span)
      const stop = watchBoard({ onBoard: now.take, onState: (isLive) => store.change({ isLive }) })
      const timer = setInterval(() => void hours.reload(), HOURS_EVERY_MS)
      return () => {
        stop()
        clearInterval(timer)
        store.change({ isLive: false })
      }
    },
  }
}

export type BoardView = ReturnType<typeof openBoard>
