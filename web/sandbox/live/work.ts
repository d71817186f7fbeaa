import { useRef, useState } from 'preact/hooks'
import { SandboxError } from '../api/call.ts'

export interface WorkState {
  isBusy: boolean
  /** Why the last of it failed. */
  failure: SandboxError | undefined
}

/** Nothing is being done, and nothing has failed. */
export const idle: WorkState = { isBusy: false, failure: undefined }

/**
 * Does a step, busy until its end, whatever that is.
 *
 * @returns whether it was done; what was refused is in the state.
 */
export async function doStep(step: () => Promise<unknown>, change: (state: WorkState) => void): Promise<boolean> {
  let failure: SandboxError | undefined
  change({ isBusy: true, failure })
  try {
    await step()
    return true
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error
    failure = error
    return false
  } finally {
    change({ isBusy: false, failure })
  }
}

interface Work extends WorkState {
  /** One after the other. */
  run(step: () => Promise<unknown>): void
}

/** What a part of the page is doing. */
export function useWork(): Work {
  const [state, setState] = useState(idle)
  const last = useRef<Promise<unknown>>(Promise.resolve())
  return {
    ...state,
    run(step) {
      const next = () => doStep(step, setState)
      last.current = last.current.then(next, next)
    },
  }
}
