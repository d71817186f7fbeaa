import { setTimeout as pause } from 'node:timers/promises'
import { createInHand } from '../infra/in-hand.ts'
import { createBreaker } from '../wechat/breaker.ts'

/** The pause before more is claimed, while a rate keeps some back or calls are still on their way. */
const CLAIM_AGAIN_MS = 250

/** The result of work that says nothing about WeChat: it made no call, or failed for a reason of our own. */
export const NOT_CALLED = Symbol('not called')

export interface Claimed<Item> {
  items: Item[]
  /** True when a rate kept back some that are due; it gives them soon. */
  isLimited: boolean
}

export interface PacedRunOptions<Item> {
  /** How many items this process works on at once, at most. */
  atOnce: number
  /** Claims due items for this process by moving their next time on: a crash delays them, and loses none. */
  claim: (atMost: number) => Promise<Claimed<Item>>
  /** @returns WeChat's failure, which counts for the circuit breaker; undefined when WeChat answered; or {@link NOT_CALLED}. */
  work: (item: Item) => Promise<unknown>
}

/**
 * A loop's run whose work calls WeChat, behind a circuit breaker. It works until nothing is due any more, `atOnce` items at a
 * time: as some end, more are claimed, so that a call that hangs keeps none of the others waiting. It begins with as few as
 * may fail before the breaker opens, and each answer lets one more be worked on at once. Items that were claimed when the
 * breaker opens are skipped, and claimed again when their next time comes.
 *
 * @returns a run, which claims nothing more once `stopping`. It ends once all of its work has ended, and rejects with the first
 *   failure. It resolves to false: there is never more to do at once.
 */
export function createPacedRun<Item>({
  atOnce,
  claim,
  work,
}: PacedRunOptions<Item>): (stopping?: AbortSignal) => Promise<false> {
  const breaker = createBreaker()
  const workOn = async (item: Item) => {
    if (breaker.allows(1) === 0) return
    const end = await work(item)
    if (end !== NOT_CALLED) breaker.count(end)
  }
  return async (stopping = new AbortController().signal) => {
    const inHand = createInHand()
    try {
      while (!stopping.aborted && !inHand.hasFailed()) {
        const free = breaker.places(atOnce) - inHand.size()
        const { items, isLimited } = free > 0 ? await claim(free) : NOTHING
        for (const item of items) inHand.add(workOn(item))
        const isMore = isLimited || (free > 0 && items.length >= free)
        if (isLimited) await pause(CLAIM_AGAIN_MS, undefined, { signal: stopping }).catch(() => {})
        else if (isMore || free <= 0) await inHand.someEnd()
        else await inHand.allEnd(CLAIM_AGAIN_MS)
        if (!isMore && inHand.size() === 0) break
      }
    } finally {
      await inHand.allEnd()
    }
    inHand.throwFirst()
    return false
  }
}

const NOTHING = { items: [], isLimited: false }
