const RETRY_MS = [500, 1000, 2000, 4000, 8000]

/**
 * How long to wait before what broke is opened again, after so many tries in a row that failed: longer and longer, and from
 * half to one and a half times that, at random, since all pages of a server lose it together.
 *
 * @param random from 0 to below 1.
 */
export function retryMs(tries: number, random = Math.random()): number {
  const usual = RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] ?? 0
  return usual * (0.5 + random)
}
