import pino from 'pino'
import { expect, test } from 'vitest'
import { startLoop } from '../../../src/infra/loop.ts'

const log = pino({ level: 'silent' })
const REST_MS = 60

test('a wake skips the pause of a loop, but not its rest', async () => {
  const startedAt: number[] = []
  const run = async () => {
    startedAt.push(performance.now())
    return false
  }
  const loop = startLoop(log, 'test', 60_000, run, REST_MS)

  await expect.poll(() => startedAt.length).toBe(1)
  loop.wake()
  loop.wake()
  await expect.poll(() => startedAt.length).toBe(2)
  await loop.stop()

  const [first = 0, second = 0] = startedAt
  // A timer may be a millisecond early.
  expect(second - first).toBeGreaterThanOrEqual(REST_MS - 2)
})

test('a loop that has more to do neither pauses nor rests', async () => {
  let runs = 0
  const loop = startLoop(log, 'test', 60_000, async () => (runs += 1) < 5, 60_000)
  await expect.poll(() => runs).toBe(5)
  await loop.stop()
})
