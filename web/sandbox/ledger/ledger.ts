import { openStore } from '../../kit/store.ts'
import { call } from '../api/call.ts'
import { openWatch } from '../live/watch.ts'

/** A sandbox may hold many thousands. */
const NEWEST = 100

/** The newest rows of the ledger, or of those that mention what is looked for. */
export function openLedger() {
  const filter = openStore({ mentions: '' })
  const watch = openWatch(() => call('GET /sandbox/ledger', { newest: NEWEST, mentions: filter.state.mentions.trim() }))
  return {
    ...watch,
    get state() {
      return watch.state
    },
    filter,
    lookFor(mentions: string) {
      filter.change({ mentions })
      void watch.refresh()
    },
  }
}

export type LedgerWatch = ReturnType<typeof openLedger>
