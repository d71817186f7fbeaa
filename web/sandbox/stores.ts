import { openStore } from '../kit/store.ts'
import { call } from './api/call.ts'
import { openLedger } from './ledger/ledger.ts'
import { openWatch } from './live/watch.ts'

/** What the page reads while it shows it, and what it has done. */
export function openStores() {
  return {
    ledger: openLedger(),
    requests: openWatch(() => call('GET /sandbox/requests', {})),
    faults: openWatch(() => call('GET /sandbox/faults', {})),
    clock: openWatch(() => call('GET /sandbox/clock', {})),
    settings: openWatch(() => call('GET /sandbox/settings', {})),
    certificates: openWatch(() => call('GET /sandbox/certificates', {})),
    /** What was done last, in words. */
    done: openStore({ text: '' }),
  }
}

export type Stores = ReturnType<typeof openStores>
