import { call } from '../api/api.ts'
import type { Events } from '../api/types.ts'
import { openLoaded } from '../parts/load.ts'

/** Who hears of every change of a payment. */
export function openEvents() {
  return openLoaded<undefined, Events>(() => call('events', {}))
}

export type EventsView = ReturnType<typeof openEvents>
