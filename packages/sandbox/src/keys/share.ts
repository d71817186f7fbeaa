const PARTS_PER_PERCENT = 1000

/** Says yes to exactly that percentage of its calls, evenly spread: at 10 to the tenth, the twentieth … */
export type Share = (percent: number) => boolean

/** A share whose first answer is no, at any percentage under 100. */
export function createShare(): Share {
  let due = 0
  return (percent) => {
    due += Math.round(percent * PARTS_PER_PERCENT)
    if (due < 100 * PARTS_PER_PERCENT) return false
    due -= 100 * PARTS_PER_PERCENT
    return true
  }
}
