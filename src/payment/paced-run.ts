import { createRate } from '../infra/rate.ts'
import { createBreaker } from '../wechat/breaker.ts'

/** How many items one run claims at most. */
const BATCH = 10

export interface PacedRun<Item> {
  /** The rate limit, per process. */
  perSecond: number
  /** Whether the items of one run are worked on concurrently, or one after the other. */
  together: boolean
  /** Claims due items for this process by moving their next time on: a crash delays them, and loses none. */
  claim: (atMost: number) => Promise<Item[]>
  /** @returns WeChat's failure, which counts for the circuit breaker; undefined when WeChat answered. */
  work: (item: Item) => Promise<unknown>
}

/**
 * A loop's run whose work calls WeChat: rate-limited, and behind a circuit breaker. Items that were claimed when the
 * breaker opens are skipped, and claimed again when their next time comes.
 *
 * @returns a run, which resolves to true when there may be more.
 */
export function createPacedRun<Item>({ perSecond, together, claim, work }: PacedRun<Item>): () => Promise<boolean> {
  const breaker = createBreaker()
  const rate = createRate(perSecond)
  const workOn = async (item: Item) => {
    if (breaker.allows(1) > 0) breaker.count(await work(item))
  }
  return async () => {
    const allowed = breaker.allows(rate.allows(BATCH))
    if (allowed === 0) return false
    const due = await claim(allowed)
    rate.count(due.length)
    if (together) await allEnded(due.map(workOn))
    else for (const item of due) await workOn(item)
    return due.length >= BATCH
  }
}

/** Rejects as the first that failed, but only once all have ended: after a stop, the caller closes what they use. */
async function allEnded(works: Promise<void>[]): Promise<void> {
  for (const end of await Promise.allSettled(works)) if (end.status === 'rejected') throw end.reason
}
