import { asyncProperty, check } from 'fast-check'
import { expect, test } from 'vitest'
import { drain } from './drain.ts'
import { attemptsOf } from './ledger.ts'
import { perform } from './perform.ts'
import { life as anyLife, describeLife, type Step } from './steps.ts'
import { type Life, openSystem, type System } from './system.ts'
import { findTrailViolations, findViolations, paidTransactionsOf } from './violations.ts'

const RUNS = Number(process.env['MODEL_RUNS'] ?? 240)
const SEED = Number(process.env['MODEL_SEED'] ?? Date.now() % 2 ** 31)
/** So many systems run lives in parallel, each with a database of its own. */
const PARALLEL = Math.min(4, RUNS)

/** Between steps only: steps at once have no order. */
async function noteWhoPaidFirst(system: System, life: Life): Promise<void> {
  for (const who of ['guest', 'rival'] as const) {
    if (life.facts[who].has('abandoned') || life.facts[who].has('paid first')) continue
    const money = paidTransactionsOf(system, await attemptsOf(system, life, who))
    if (money.length > 0) life.facts[who].add('paid first')
  }
}

async function runLife(system: System, steps: Step[]): Promise<void> {
  const life = await system.beginLife()
  for (const step of steps) {
    await noteWhoPaidFirst(system, life)
    await perform(system, life, step)
    refuse(await findTrailViolations(system, life))
  }
  await drain(system, life)
  refuse(await findViolations(system, life))
}

function refuse(violations: string[]): void {
  if (violations.length > 0) throw new Error(violations.join('\n'))
}

/** Runs lives one after the other. @returns the shortest failing life with its violations, or null. */
async function runLives(index: number): Promise<string | null> {
  let system = await openSystem()
  const property = asyncProperty(anyLife, async (steps) => {
    try {
      await runLife(system, steps)
    } catch (error) {
      // A failed life must not influence the next.
      await system.close()
      system = await openSystem()
      throw error
    }
  })
  const seed = SEED + index
  const details = await check(property, { seed, numRuns: Math.ceil(RUNS / PARALLEL) })
  await system.close()
  if (!details.failed) return null
  const steps = describeLife(details.counterexample?.[0] ?? [])
  const again = `seed ${details.seed}, path ${details.counterexamplePath}, after ${details.numRuns} lives`
  return `${again}\n\n${steps}\n\n${details.errorInstance instanceof Error ? details.errorInstance.stack : ''}`
}

test(`every payment in ${RUNS} random lives of orders ends as a paid order or as a refund (seed ${SEED})`, {
  // Only so that a run that hangs ends; a slow machine takes some seconds for a life.
  timeout: 600_000 + RUNS * 5_000,
}, async () => {
  const begun = performance.now()
  const failures = await Promise.all(Array.from({ length: PARALLEL }, (_, index) => runLives(index)))
  const seconds = (performance.now() - begun) / 1000
  process.stdout.write(`${RUNS} lives in ${seconds.toFixed(1)} s, seed ${SEED}\n`)
  expect(failures.filter((failure) => failure !== null).join('\n\n')).toBe('')
})
