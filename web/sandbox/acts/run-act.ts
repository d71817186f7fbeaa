import { useState } from 'preact/hooks'
import { SandboxError } from '../api/call.ts'
import type { Stores } from '../stores.ts'
import type { Act, Values } from './act.ts'

/** What an act changes: what is read again, and what was done last. */
export interface Changed {
  ledger: Pick<Stores['ledger'], 'refresh'>
  done: Stores['done']
}

interface Running {
  isBusy: boolean
  failure?: SandboxError
}

/** Does an act, says that it is done, and reads again what it has changed. */
export function useAct({ run }: Act, { ledger, done }: Changed) {
  const [running, setRunning] = useState<Running>({ isBusy: false })
  return {
    ...running,
    /** @returns whether it was done. */
    async run(values: Partial<Values>): Promise<boolean> {
      setRunning({ isBusy: true })
      done.change({ text: '' })
      try {
        done.change({ text: await run(values) })
        setRunning({ isBusy: false })
        void ledger.refresh()
        return true
      } catch (error) {
        if (!(error instanceof SandboxError)) throw error
        setRunning({ isBusy: false, failure: error })
        return false
      }
    },
  }
}
