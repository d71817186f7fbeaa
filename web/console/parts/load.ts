import { openStore } from '../../kit/store.ts'
import { ApiError } from '../api/api-error.ts'

export interface Failure {
  code: string
  message: string
  /** Under which the server's log has it. */
  requestId: string | undefined
}

export interface LoadState<Value> {
  /** What was read last; it stays while it is read again. */
  value: Value | undefined
  failure: Failure | undefined
  isLoading: boolean
}

/** Something that is read from the server, and may be read again. */
export interface Loaded<Key, Value> {
  readonly state: Readonly<LoadState<Value>>
  subscribe(listener: () => void): () => void
  /** Reads; of several that are under way the newest counts. What another key gave is forgotten at once. */
  load(key: Key): Promise<void>
  /** Reads again by the same key. */
  reload(): Promise<void>
  /** What came by another way. */
  take(value: Value): void
}

export function openLoaded<Key, Value>(read: (key: Key) => Promise<Value>): Loaded<Key, Value> {
  const store = openStore<LoadState<Value>>({ value: undefined, failure: undefined, isLoading: false })
  let newest = 0
  let last: { key: Key } | undefined
  const load = async (key: Key) => {
    const turn = ++newest
    const isOther = last !== undefined && last.key !== key
    last = { key }
    store.change({ isLoading: true, failure: undefined, ...(isOther ? { value: undefined } : {}) })
    try {
      const value = await read(key)
      if (turn === newest) store.change({ value, isLoading: false })
    } catch (error) {
      if (turn === newest) store.change({ failure: failureOf(error), isLoading: false })
    }
  }
  return {
    subscribe: store.subscribe,
    get state() {
      return store.state
    },
    load,
    reload: async () => last && (await load(last.key)),
    take: (value) => store.change({ value, failure: undefined, isLoading: false }),
  }
}

/** What failed. Anything but an `ApiError` is a mistake of ours: the browser's console has it, and the reader an end of waiting. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ApiError) {
    const { code, message, requestId } = error
    return { code, message, requestId }
  }
  reportError(error)
  return { code: 'PAGE_FAILED', message: '', requestId: undefined }
}
