import { useRef, useState } from 'preact/hooks'
import { SandboxError } from '../api/call.ts'

export interface Work {
  isBusy: boolean
  /** Why the last of it failed. */
  failure: SandboxError | undefined
  /** One after the other. */
  run(step: () => Promise<unknown>): void
}

/** What a panel is doing. */
export function useWork(): Work {
  const [state, setState] = useState<Omit<Work, 'run'>>({ isBusy: false, failure: undefined })
  const last = useRef(Promise.resolve())
  const doStep = async (step: () => Promise<unknown>) => {
    setState({ isBusy: true, failure: undefined })
    try {
      await step()
      setState({ isBusy: false, failure: undefined })
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error
      setState({ isBusy: false, failure: error })
    }
  }
  return {
    ...state,
    run(step) {
      last.current = last.current.then(() => doStep(step))
    },
  }
}
