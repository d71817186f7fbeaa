import { Worker } from 'node:worker_threads'
import type { TargetUrls } from './target.ts'

/** What the thread of the honest guests gets. */
export interface HonestOrders {
  urls: TargetUrls
  /** How many take turns: so many that none of them comes near the rates of one user. */
  guests: number
  /** The first night to book: each is booked once. */
  firstNight: number
}

export interface HonestReport {
  /** Of every operation, in ms. */
  latencies: number[]
  /** Complete ones: booked, tapped, paid, heard. */
  purchases: number
  /** What went wrong for a guest who did nothing wrong. */
  failures: string[]
  /** The first night that is still free. */
  nights?: number
}

export interface HonestGuests {
  /** Resolves when so many operations have been done. */
  reach(operations: number): Promise<void>
  stop(): Promise<HonestReport>
}

/** Guests who read, tap and hear on a thread of their own, so that the attacker's work doesn't delay their clocks. */
export async function startHonestGuests(orders: HonestOrders): Promise<HonestGuests> {
  const thread = new Worker(new URL('./honest-thread.ts', import.meta.url), { workerData: orders })
  const begun = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<HonestReport>()
  const waiting = new Set<{ operations: number; resolve: () => void }>()
  thread.on('message', (message: { operations?: number; report?: HonestReport }) => {
    if (message.report) return ended.resolve(message.report)
    begun.resolve()
    for (const each of waiting) {
      if ((message.operations ?? 0) < each.operations) continue
      waiting.delete(each)
      each.resolve()
    }
  })
  const fail = (error: unknown) => {
    begun.reject(error)
    ended.reject(error)
  }
  thread.once('error', fail)
  ended.promise.catch(() => {})
  await begun.promise
  return {
    reach: (operations) =>
      Promise.race([
        new Promise<void>((resolve) => waiting.add({ operations, resolve })),
        ended.promise.then(() => undefined),
      ]),
    stop: async () => {
      thread.postMessage('stop', [])
      return ended.promise
    },
  }
}
