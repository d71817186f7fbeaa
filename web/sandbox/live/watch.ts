import { useEffect } from 'preact/hooks'
import { openStore, useStores } from '../../kit/store.ts'
import { SandboxError } from '../api/call.ts'
import { openRepeat, type Repeat } from './repeat.ts'

export interface WatchState<Value> {
  /** What was read last; it stays when the sandbox is away. */
  value: Value | undefined
  /** Why the last reading failed. */
  failure: SandboxError | undefined
}

/** Something of the sandbox that is read again and again while it is shown. */
export interface Watch<Value> extends Repeat {
  readonly state: Readonly<WatchState<Value>>
  subscribe(listener: () => void): () => void
}

/** @param read gives the same object when nothing has changed; then nothing is drawn. */
export function openWatch<Value>(read: () => Promise<Value>): Watch<Value> {
  const store = openStore<WatchState<Value>>({ value: undefined, failure: undefined })
  const repeat = openRepeat(async () => {
    try {
      const value = await read()
      if (value !== store.state.value || store.state.failure) store.change({ value, failure: undefined })
      return true
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error
      store.change({ failure: error })
      return false
    }
  })
  return {
    ...repeat,
    subscribe: store.subscribe,
    get state() {
      return store.state
    },
  }
}

/** Reads it while the component is there, and draws the component again after every change. */
export function useWatch<Value>(watch: Watch<Value>): Readonly<WatchState<Value>> {
  useStores(watch)
  useEffect(() => watch.start(), [watch])
  return watch.state
}
