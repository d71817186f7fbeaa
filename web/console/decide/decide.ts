import { call } from '../api/api.ts'
import type { Waiting } from '../api/types.ts'
import { openLoaded } from '../parts/load.ts'

/** What waits for a person. */
export function openDecide() {
  const waiting = openLoaded<undefined, Waiting>(() => call('waiting', {}).then(({ waiting }) => waiting))
  return { waiting, load: () => waiting.load(undefined) }
}

export type Decide = ReturnType<typeof openDecide>
