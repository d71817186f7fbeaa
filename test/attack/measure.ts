import { setTimeout } from 'node:timers/promises'
import type { Attack } from './attack.ts'
import { type AttackReport, startAttacker } from './attacker.ts'
import { type HonestReport, startHonestGuests } from './honest.ts'
import { openTarget, type Target } from './target.ts'

/** For a thousand operations. */
const GUESTS = 24
/** So long after an attack its memory is given back. */
const MEMORY_BACK_MS = 30_000
/** By this factor it swings by itself, from one collection to the next. */
const MEMORY_SWING = 1.25

/** What one attack did to the honest guests. */
export interface Measured {
  name: string
  limit: string
  /** In ms. */
  without: Percentiles
  with: Percentiles
  /** The median of the pairs' ratios, with the attack to without. */
  p99Ratio: number
  /** Of the API, in MB: at its most without the attack, at its most with it, and at most 30 s after it. */
  memory: { without: number; with: number; after: number }
  isMemoryBack: boolean
  isAlive: boolean
  answers: AttackReport['answers']
  failures: string[]
}

interface Percentiles {
  p50: number
  p99: number
}

export interface MeasureInput {
  pairs: number
  /** Honest operations of each half of a pair. */
  operations: number
}

/**
 * Measures pairs of a quiet time and one with the attack on a deployment of its own. Without an attack both halves are
 * quiet: that tells the noise of the machine.
 */
export async function measure(attack: Attack | undefined, { pairs, operations }: MeasureInput): Promise<Measured> {
  const target = await openTarget()
  try {
    let firstNight = 0
    const run = async (attacker?: Attack) => {
      const half = await runHalf(target, { attack: attacker, operations, firstNight })
      firstNight = half.honest.nights ?? firstNight
      return half
    }
    // Not counted: until everything is compiled, nothing is as fast as it will be.
    await run()
    const halves: { without: Half; with: Half }[] = []
    for (let pair = 0; pair < pairs; pair += 1) halves.push({ without: await run(), with: await run(attack) })
    const most = (side: 'without' | 'with') => Math.max(...halves.map((pair) => pair[side].most))
    const without = most('without')
    const after = await waitForMemory(target, without * MEMORY_SWING)
    return describe({ attack, target, halves, memory: { without, with: most('with'), after } })
  } finally {
    await target.close()
  }
}

interface Half {
  honest: HonestReport
  attack?: AttackReport
  /** The API's memory at its most, in bytes. */
  most: number
}

async function runHalf(
  target: Target,
  { attack, operations, firstNight }: { attack?: Attack; operations: number; firstNight: number },
): Promise<Half> {
  const honest = await startHonestGuests({ urls: target.urls, guests: GUESTS, firstNight })
  const attacker = attack && startAttacker(attack, target.urls)
  let most = 0
  const timer = setInterval(() => {
    void target.memory().then((bytes) => {
      most = Math.max(most, bytes)
    }, ignore)
  }, 200)
  await honest.reach(operations)
  const report = await honest.stop()
  clearInterval(timer)
  return { honest: report, attack: await attacker?.stop(), most }
}

/** A process that has ended has no memory; that it ended is reported by itself. */
function ignore(): void {}

/** The memory as soon as it is no more than `enough`, or after 30 s. In bytes. */
async function waitForMemory(target: Target, enough: number): Promise<number> {
  const endsAt = Date.now() + MEMORY_BACK_MS
  let now = await target.memory()
  while (now > enough && Date.now() < endsAt) {
    await setTimeout(500)
    now = await target.memory()
  }
  return now
}

function describe({
  attack,
  target,
  halves,
  memory,
}: {
  attack: Attack | undefined
  target: Target
  halves: { without: Half; with: Half }[]
  memory: Measured['memory']
}): Measured {
  const pairs = halves.map((pair) => ({
    without: percentiles(pair.without.honest.latencies),
    with: percentiles(pair.with.honest.latencies),
  }))
  const middle = (read: (pair: (typeof pairs)[number]) => number) => median(pairs.map(read))
  const answers: AttackReport['answers'] = {}
  for (const { with: half } of halves) {
    for (const [answer, count] of Object.entries(half.attack?.answers ?? {})) {
      answers[answer] = (answers[answer] ?? 0) + count
    }
  }
  return {
    name: attack?.name ?? 'no attack',
    limit: attack?.limit ?? '',
    without: { p50: middle((pair) => pair.without.p50), p99: middle((pair) => pair.without.p99) },
    with: { p50: middle((pair) => pair.with.p50), p99: middle((pair) => pair.with.p99) },
    p99Ratio: middle((pair) => pair.with.p99 / pair.without.p99),
    memory: { without: toMb(memory.without), with: toMb(memory.with), after: toMb(memory.after) },
    isMemoryBack: memory.after <= memory.without * MEMORY_SWING,
    isAlive: target.isAlive(),
    answers,
    failures: halves.flatMap((pair) => [...pair.without.honest.failures, ...pair.with.honest.failures]),
  }
}

const toMb = (bytes: number) => Math.round(bytes / 1024 / 1024)

function percentiles(latencies: number[]): Percentiles {
  const sorted = latencies.toSorted((one, other) => one - other)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}

function median(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
