import { useState } from 'preact/hooks'
import { doStep, idle } from '../live/work.ts'
import type { Stores } from '../stores.ts'
import type { Act, Values } from './act.ts'

/** What an act changes: what is read again, and what was done last. */
export interface Changed {
  ledger: Pick<Stores['ledger'], 'refresh'>
  done: Stores['done']
}

/** Does an act, says that it is done, and reads again what it has changed. */
export function useAct({ run }: Act, { ledger, done }: Changed) {
  const [state, setState] = useState(idle)
  return {
    ...state,
    /** @returns whether it was done. */
    async run(values: Partial<Values>): Promise<boolean> {
      done.change({ text: '' })
      const isDone = await doStep(async () => done.change({ text: await run(values) }), setState)
      if (isDone) void ledger.refresh()
      return isDone
    },
  }
}
