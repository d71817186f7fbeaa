const PARTS_PER_PERCENT = 1000

/** True for the given percentage of calls, evenly spread: at 10 for the tenth, the twentieth … */
export type Share = (percent: number) => boolean

/** A share that is false for the first call, at any percentage under 100. */
export function createShare(): Share {
  let due = 0
  return (percent) => {
    due += Math.round(percent * PARTS_PER_PERCENT)
    if (due < 100 * PARTS_PER_PERCENT) return false
    due -= 100 * PARTS_PER_PERCENT
    return true
  }
}
