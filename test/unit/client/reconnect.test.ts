import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createCloseSignal } from '../../../client/src/close-signal.ts'
import { createFallback, reconnectDelayMs, type Transport } from '../../../client/src/fallback.ts'
import { watchForeground } from '../../../client/src/foreground.ts'
import { createRandom } from '../../faults/random.ts'

const GUESTS = 2_000
const RECONNECT_MS = 1_000

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockImplementation(createRandom(233))
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const transport = (attempts: number): Transport => ({
  open: () => ({ ended: new Promise(() => {}), stop: () => {} }),
  attempts,
})

/** When guests open their next stream who have all lost theirs, by these transports, at this moment: in ms from now. */
async function returnsAfterLoss(transports: Transport[], hasWorked: boolean): Promise<number[]> {
  const foreground = watchForeground({ watchForeground: () => () => {} })
  const closeSignal = createCloseSignal()
  const lostAt = Date.now()
  const returns: number[] = []
  for (let guest = 0; guest < GUESTS; guest++) {
    const fallback = createFallback({ transports, foreground, closeSignal, reconnectMs: RECONNECT_MS })
    fallback.choose()
    void fallback.recordLoss(hasWorked).then(() => returns.push(Date.now() - lostAt))
  }
  await vi.advanceTimersByTimeAsync(60_000)
  return returns
}

/** How many of them are in the same tenth of a second. */
function mostTogether(returns: number[]): number {
  const counts = new Map<number, number>()
  for (const at of returns) counts.set(Math.floor(at / 100), (counts.get(Math.floor(at / 100)) ?? 0) + 1)
  return Math.max(...counts.values())
}

describe('the guests of a server that stops', () => {
  test.each([
    ['open sockets again', [transport(2), transport(1)]],
    ['go on by another transport', [transport(1), transport(1)]],
  ])('%s one after the other, and all within seconds', async (_what, transports) => {
    const returns = await returnsAfterLoss(transports, true)
    expect(returns).toHaveLength(GUESTS)
    expect(mostTogether(returns)).toBeLessThan(GUESTS / 20)
    expect(Math.max(...returns)).toBeLessThanOrEqual(3.5 * RECONNECT_MS)
  })

  test('wait at least half of what the app has set', () => {
    expect([reconnectDelayMs(RECONNECT_MS, 0), reconnectDelayMs(RECONNECT_MS, 0.5)]).toEqual([500, 2_000])
  })
})

describe('a guest whose transport never worked', () => {
  test('tries the next one at once', async () => {
    expect(Math.max(...(await returnsAfterLoss([transport(1), transport(1)], false)))).toBe(0)
  })
})
