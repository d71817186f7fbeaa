import { setTimeout } from 'node:timers/promises'
import type { Recovery } from './evidence.ts'
import { between, pickWeighted, type Random, shuffle } from './random.ts'
import type { Stage } from './stage.ts'
import { type Trouble, troubles } from './troubles.ts'

/** Longer than any recovery that is a violation. */
const GIVES_UP_AFTER_MS = 180_000

/** What the nemesis has done. */
export interface Havoc {
  counts: Map<string, number>
  recoveries: Recovery[]
}

export const emptyHavoc = (): Havoc => ({ counts: new Map(), recoveries: [] })

/** How long it goes on: until this is true, or through each trouble, the more frequent ones some times. */
export type Span = { isOver: () => boolean } | 'each trouble'

/** Makes one trouble after the other, of these names or of all; after each, all must work again. */
export async function torment(
  stage: Stage,
  random: Random,
  { span, names }: { span: Span; names?: readonly string[] },
): Promise<Havoc> {
  const havoc = emptyHavoc()
  const isOver = span === 'each trouble' ? () => false : span.isOver
  const some = names ? troubles.filter(({ item }) => names.includes(item.name)) : troubles
  for (const trouble of choose(random, span, some)) {
    if (isOver()) return havoc
    // One that needs the database fails when that is away still.
    const made = await trouble.make(stage, random).catch(() => null)
    if (made !== null) {
      const kind = trouble.name === 'meet' ? made.replaceAll(/(API|worker) \d|npm start/g, 'one') : trouble.name
      havoc.counts.set(kind, (havoc.counts.get(kind) ?? 0) + 1)
      const endedAt = performance.now()
      await recover(stage, isOver)
      havoc.recoveries.push({ trouble: made, ms: performance.now() - endedAt })
    }
    await setTimeout(between(random, 100, 1_500))
  }
  return havoc
}

function* choose(random: Random, span: Span, some: typeof troubles): Generator<Trouble> {
  if (span === 'each trouble')
    yield* shuffle(
      random,
      some.flatMap(({ item, weight }) => Array.from({ length: Math.ceil(weight / 10) }, () => item)),
    )
  else for (;;) yield pickWeighted(random, some)
}

/** Waits until all processes are ready, and a payment has changed since, while guests are there to change any. */
async function recover({ supervisor, query }: Stage, isOver: () => boolean): Promise<void> {
  const [row] = await query<{ at: Date }>('SELECT clock_timestamp() AS at').catch(() => [])
  const since = row?.at ?? new Date()
  await supervisor.allReady(GIVES_UP_AFTER_MS).catch(() => {})
  const endsAt = performance.now() + GIVES_UP_AFTER_MS
  while (!isOver() && performance.now() < endsAt) {
    const changed = await query(`SELECT 1 FROM payment_event WHERE at > '${since.toISOString()}' LIMIT 1`).catch(
      () => [],
    )
    if (changed.length > 0) return
    await setTimeout(200)
  }
}
