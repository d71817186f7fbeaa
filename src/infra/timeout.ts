/** The longest that Node sets a timer to; beyond, it fires at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** `ms` for a timer: whatever is longer than Node can wait is as long as it can. */
export function toTimeout(ms: number): number {
  return Math.min(ms, MAX_TIMEOUT_MS)
}
