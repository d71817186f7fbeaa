import { call } from './api/call.ts'
import { openWatch } from './live/watch.ts'

/** What the page reads while it shows it. */
export function openStores() {
  return {
    ledger: openWatch(() => call('GET /sandbox/ledger', {})),
    requests: openWatch(() => call('GET /sandbox/requests', {})),
    faults: openWatch(() => call('GET /sandbox/faults', {})),
    clock: openWatch(() => call('GET /sandbox/clock', {})),
    settings: openWatch(() => call('GET /sandbox/settings', {})),
    certificates: openWatch(() => call('GET /sandbox/certificates', {})),
  }
}

export type Stores = ReturnType<typeof openStores>
