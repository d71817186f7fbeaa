import { openStore } from '../../kit/store.ts'
import { ApiError } from '../api/api-error.ts'
import { readSubscription } from '../api/subscription.ts'
import type { Examination } from '../api/types.ts'
import { type Failure, failureOf, type LoadState } from '../parts/load.ts'

/** What the doctor finds, while its view is in sight: it grows as long as it is loading. */
export function openCheck() {
  const store = openStore<LoadState<Examination>>({ value: undefined, failure: undefined, isLoading: false })
  const { change } = store
  let stopping = new AbortController()
  const run = async () => {
    stopping.abort()
    stopping = new AbortController()
    const { signal: stopped } = stopping
    change({ isLoading: true, failure: undefined })
    let failure: Failure | undefined
    try {
      await readToEnd(stopped, (value) => change({ value }))
    } catch (error) {
      failure = failureOf(error)
    } finally {
      // Whoever has stopped it has begun another, or left.
      if (!stopped.aborted) change({ isLoading: false, failure })
    }
  }
  return {
    subscribe: store.subscribe,
    get state() {
      return store.state
    },
    /** Checks again. */
    reload: run,
    /** Checks. @returns what ends it. */
    open() {
      void run()
      return () => {
        stopping.abort()
        change({ isLoading: false })
      }
    },
  }
}

export type CheckView = ReturnType<typeof openCheck>

/** @throws {ApiError} also when it ends before everything is checked. */
async function readToEnd(stopped: AbortSignal, take: (examination: Examination) => void): Promise<void> {
  let isComplete = false
  const onData = ({ examination }: { examination: Examination }) => {
    isComplete = examination.endedAt !== null
    take(examination)
  }
  await readSubscription('examination', { onData, stopped })
  if (!isComplete) throw new ApiError({ code: 'UNREACHABLE' })
}
