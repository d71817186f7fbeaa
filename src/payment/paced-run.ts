import { createRate } from '../infra/rate.ts'
import { createBreaker } from '../wechat/breaker.ts'

/** One run takes so many. */
const BATCH = 10

export interface PacedRun<Item> {
  /** Of each process. */
  perSecond: number
  /** Whether the items of one run are worked on together, or one after the other. */
  together: boolean
  /** Takes due items for this process, by setting their next time first: a crash delays them, and loses none. */
  claim: (atMost: number) => Promise<Item[]>
  /** @returns what WeChat's failure was, or undefined when it answered. */
  work: (item: Item) => Promise<unknown>
}

/**
 * Work that calls WeChat, at a steady rate and only while WeChat answers: what is left out when the breaker opens is
 * taken again when its new time comes.
 *
 * @returns a run, which answers true when there may be more.
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

/** Fails as the first that failed, and only once none is at work: who stops may close what they work on. */
async function allEnded(works: Promise<void>[]): Promise<void> {
  for (const end of await Promise.allSettled(works)) if (end.status === 'rejected') throw end.reason
}
