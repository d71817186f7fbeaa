import { asyncProperty, check } from 'fast-check'
import { expect, test } from 'vitest'
import { act } from './perform.ts'
import { judge, moneyOf } from './violations.ts'
import { type Lane, type Life, openLane } from './system.ts'
import { attemptsOf } from './ledger.ts'
import { comeToRest } from './drain.ts'
import { life as anyLife, describeLife, type Step } from './steps.ts'

const RUNS = Number(process.env['MODEL_RUNS'] ?? 240)
const SEED = Number(process.env['MODEL_SEED'] ?? Date.now() % 2 ** 31)
/** Lives go on beside each other, each lane with a database of its own. */
const LANES = Math.min(4, RUNS)

/** Between steps: of what happens at once, nothing is first. */
async function noteWhoPaidFirst(lane: Lane, life: Life): Promise<void> {
  for (const who of ['guest', 'rival'] as const) {
    if (life.told[who].has('giving up') || life.told[who].has('paid first')) continue
    const money = moneyOf(lane, await attemptsOf(lane, life, who))
    if (money.length > 0) life.told[who].add('paid first')
  }
}

async function live(lane: Lane, steps: Step[]): Promise<void> {
  const life = await lane.beginLife()
  for (const step of steps) {
    await noteWhoPaidFirst(lane, life)
    await act(lane, life, step)
  }
  await comeToRest(lane, life)
  const wrong = await judge(lane, life)
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
}

/** Lives in one lane after the other. @returns how it went wrong. */
async function liveInLane(index: number): Promise<string | null> {
  let lane = await openLane()
  const property = asyncProperty(anyLife, async (steps) => {
    try {
      await live(lane, steps)
    } catch (error) {
      // What one life left behind must not trouble the next.
      await lane.close()
      lane = await openLane()
      throw error
    }
  })
  const seed = SEED + index
  const details = await check(property, { seed, numRuns: Math.ceil(RUNS / LANES) })
  await lane.close()
  if (!details.failed) return null
  const steps = describeLife(details.counterexample?.[0] ?? [])
  const again = `seed ${details.seed}, path ${details.counterexamplePath}, after ${details.numRuns} lives`
  return `${again}\n\n${steps}\n\n${details.errorInstance instanceof Error ? details.errorInstance.stack : ''}`
}

test(`money in ${RUNS} random lives of orders ends as an order that is paid or as a refund (seed ${SEED})`, {
  timeout: 60_000 + RUNS * 500,
}, async () => {
  const begun = performance.now()
  const failures = await Promise.all(Array.from({ length: LANES }, (_, index) => liveInLane(index)))
  const seconds = (performance.now() - begun) / 1000
  process.stdout.write(`${RUNS} lives in ${seconds.toFixed(1)} s, seed ${SEED}\n`)
  expect(failures.filter((failure) => failure !== null).join('\n\n')).toBe('')
})
