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
    publicKeys: openWatch(() => call('GET /sandbox/public-key', {})),
    abilities: openWatch(readOnce(() => call('GET /', {}))),
  }
}

/** What never changes while the sandbox runs is read until it is there. */
function readOnce<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let kept: { value: Value } | undefined
  return async () => (kept ??= { value: await read() }).value
}

export type Stores = ReturnType<typeof openStores>
