import { openActs } from './acts/acts.ts'
import { openBill } from './bill/bill.ts'
import { openBoard } from './board/board.ts'
import { openCheck } from './check/check.ts'
import { openDecide } from './decide/decide.ts'
import { openEvents } from './events/events.ts'
import { openFind } from './find/find.ts'

/** What one operator has read and begun. It ends with their session: whoever signs in next in the same tab gets none of it. */
export function openStores() {
  const board = openBoard()
  return {
    board,
    find: openFind(),
    decide: openDecide(),
    bill: openBill(),
    events: openEvents(),
    check: openCheck(),
    acts: openActs({ onDone: () => void board.now.load(undefined) }),
  }
}

export type Stores = ReturnType<typeof openStores>
