import { setTimeout as sleep } from 'node:timers/promises'
import { dayFromToday } from '../attack/day.ts'
import type { Deployment } from './deployment.ts'
import { type Night, type Purchase, purchase, type Town } from './guest.ts'
import type { Place } from './place.ts'
import { watchSockets } from './watched-sockets.ts'

/** Who would be one more waits outside. */
const MOST_AT_ONCE = 200

/** So long some guests look at the pay sheet, and others don't. */
const THINK_MS = [0, 800, 1_600, 2_400]
/** So long they watch a payment that is made. */
const STAY_MS = 4_000

/** How many homestays the demo data has. */
const HOMESTAYS = 12

/** Guests who come one after the other, whatever became of those before. */
export interface Load {
  purchases: Purchase[]
  /** Why the others didn't come to their entry code. */
  failures: string[]
  /** Lets nobody else come, and waits for those who are there. */
  end(): Promise<void>
}

export function beginLoad(town: Town, { perSecond }: { perSecond: number }): Load {
  const purchases: Purchase[] = []
  const failures: string[] = []
  const there = new Set<Promise<void>>()
  const over = new AbortController()
  let nth = 0
  const come = () => {
    const thinkMs = THINK_MS[nth % THINK_MS.length] ?? 0
    nth += 1
    const visit: Promise<void> = purchase(town, `o_guest_${nth}`, { thinkMs, stayMs: STAY_MS })
      .then(
        (made) => void purchases.push(made),
        (error: unknown) => void failures.push(String(error)),
      )
      .finally(() => there.delete(visit))
    there.add(visit)
  }
  const arrive = async () => {
    while (!over.signal.aborted && !town.signal.aborted) {
      if (there.size < MOST_AT_ONCE) come()
      await sleep(1_000 / perSecond)
    }
  }
  const arriving = arrive()
  return {
    purchases,
    failures,
    end: async () => {
      over.abort()
      await arriving
      await Promise.all(there)
    },
  }
}

/** What the guests of a deployment share, which nobody has used yet. */
export function openTown({ url, sandbox }: Deployment, { signal }: Place): Town {
  const requests = { sent: 0, again: new Map() }
  return { url, sandbox, sockets: watchSockets(), requests, nextNight: createNights(), signal }
}

/** @returns a night of a homestay of the demo data, each time another one. */
function createNights(): () => Night {
  let nth = 0
  return () => {
    const homestayId = `demo-homestay-${String((nth % HOMESTAYS) + 1).padStart(2, '0')}`
    const days = 2 + Math.floor(nth / HOMESTAYS)
    nth += 1
    return { homestayId, liveStartDate: dayFromToday(days), liveEndDate: dayFromToday(days + 1) }
  }
}
