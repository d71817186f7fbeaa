import { useState } from 'preact/hooks'
import { SandboxError } from '../api/call.ts'

export interface Act {
  isBusy: boolean
  failure: SandboxError | undefined
  /** Does one at a time; what comes meanwhile is left out. */
  run(work: () => Promise<unknown>): void
}

/** What a panel is doing, and why the last of it failed. */
export function useAct(): Act {
  const [state, setState] = useState<Omit<Act, 'run'>>({ isBusy: false, failure: undefined })
  const run = async (work: () => Promise<unknown>) => {
    if (state.isBusy) return
    setState({ isBusy: true, failure: undefined })
    try {
      await work()
      setState({ isBusy: false, failure: undefined })
    } catch (error) {
      setState({ isBusy: false, failure: error instanceof SandboxError ? error : undefined })
      if (!(error instanceof SandboxError)) throw error
    }
  }
  return { ...state, run: (work) => void run(work) }
}
