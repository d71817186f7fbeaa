import { SpokenError } from '../errors.ts'
import { infraTexts } from './texts.ts'

/**
 * One time limit for operations of which there are thousands a second: they share a timer, which goes off once for all that
 * began within `withinMs` of each other.
 *
 * @returns a function that gives the result of an operation. It throws after `withinMs`: the operation isn't stopped, but
 *   nobody waits for it any more.
 */
export function createTimeLimit(withinMs: number): <Result>(operation: Promise<Result>) => Promise<Result> {
  // In the order of their ends.
  const running = new Set<{ endsAt: number; giveUp: (error: Error) => void }>()
  let timer: NodeJS.Timeout | undefined

  const look = () => {
    timer = undefined
    for (const each of running) {
      const leftMs = each.endsAt - performance.now()
      if (leftMs > 0) return wait(leftMs)
      running.delete(each)
      each.giveUp(new SpokenError(infraTexts.late(withinMs / 1000)))
    }
  }
  // Whoever waits for an answer keeps the process.
  const wait = (ms: number) => void (timer = setTimeout(look, ms).unref())

  return (operation) =>
    new Promise((resolve, reject) => {
      const own = { endsAt: performance.now() + withinMs, giveUp: reject }
      running.add(own)
      if (!timer) wait(withinMs)
      operation.finally(() => running.delete(own)).then(resolve, reject)
    })
}
