import type { RunOptions } from './run.ts'
import type { StageKind } from './stage.ts'

/** What everybody did in so long is compared in memory. */
const LONGEST_ROUND_MINUTES = 10

/** Of so many rounds, the last has `npm start` on its stage. */
const START_EVERY = 3

export type Round = Pick<RunOptions, 'span' | 'kind' | 'seed'>

/** Rounds that take so many minutes together, each with a seed of its own: the first has this one, the next the next. */
export function roundsOf({
  minutes,
  seed,
  span,
  kind,
}: {
  minutes: number
  seed: number
  /** One round of this, and no minutes. */
  span?: RunOptions['span']
  /** Of every round. */
  kind?: StageKind
}): Round[] {
  const count = span === undefined ? Math.ceil(minutes / LONGEST_ROUND_MINUTES) : 1
  return Array.from({ length: count }, (_, nth) => ({
    span: span ?? { seconds: (minutes * 60) / count },
    kind: kind ?? ((nth + 1) % START_EVERY === 0 ? 'start' : 'processes'),
    seed: seed + nth,
  }))
}
