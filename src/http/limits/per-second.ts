/**
 * Counts what happens within the current second, in two numbers: every socket has such counters.
 *
 * @returns counts one more, and tells whether it is within `max`.
 */
export function createPerSecond(max: number): () => boolean {
  let second = 0
  let count = 0
  return () => {
    const current = Math.floor(performance.now() / 1_000)
    if (current !== second) count = 0
    second = current
    count += 1
    return count <= max
  }
}
