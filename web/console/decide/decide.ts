import { call } from '../api/api.ts'
import type { OperatorAct, Waiting } from '../api/types.ts'
import { openLoaded } from '../parts/load.ts'

/** What waits for a person, and what persons did lately. */
export function openDecide() {
  const waiting = openLoaded<undefined, Waiting>(() => call('waiting', {}).then(({ waiting }) => waiting))
  const trail = openLoaded<undefined, readonly OperatorAct[]>(() => call('acts', {}).then(({ acts }) => acts))
  return {
    waiting,
    trail,
    load() {
      void waiting.load(undefined)
      void trail.load(undefined)
    },
  }
}

export type Decide = ReturnType<typeof openDecide>
