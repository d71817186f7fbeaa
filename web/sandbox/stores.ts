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
    publicKeys: openWatch(() => call('GET /sandbox/public-key', {})),
    abilities: openWatch(readOnce(() => call('GET /', {}))),
    /** What was done last, in words. */
    done: openStore({ text: '' }),
  }
}

/** What never changes while the sandbox runs is read until it is there. */
function readOnce<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let kept: { value: Value } | undefined
  return async () => (kept ??= { value: await read() }).value
}

export type Stores = ReturnType<typeof openStores>
