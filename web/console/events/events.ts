import { call } from '../api/api.ts'
import type { Delivery, Events } from '../api/types.ts'
import { openLoaded } from '../parts/load.ts'

/** Who hears of every change of a payment; and what one of them was sent of late. */
export function openEvents() {
  return {
    all: openLoaded<undefined, Events>(() => call('events', {})),
    /** By the id of an endpoint; null where it is gone. */
    deliveries: openLoaded<string, readonly Delivery[] | null>(
      async (id) => (await call('webhookDeliveries', { id })).webhookDeliveries,
    ),
  }
}

export type EventsView = ReturnType<typeof openEvents>
