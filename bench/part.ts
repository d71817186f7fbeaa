import type { Servers } from './servers.ts'

/** A line of the table: what is measured, and how it is judged. */
export interface Row {
  what: string
  unit: '/s' | 'ms' | 's' | 'KB' | 'x' | ''
  /** What stands beside it in the same rounds. */
  beside?: string
  /** By default the ratio to what stands beside it, and the figure itself where nothing does. */
  judges?: 'ratio' | 'figure'
  better: 'higher' | 'lower'
  /** Without a goal it is there to be seen. */
  goal?: number
  floor?: number
}

/** What one round measured. */
export interface Sample {
  ours: number
  peer?: number
  /** Milliseconds of CPU per operation, by process. */
  cpu?: Record<string, number>
  /** What a reader has to know about the figure. */
  note?: string
}

export type Samples = Record<string, Sample>

/** Measures every row of the part once, ours and its peers in turn. */
type Round = () => Promise<Samples>

/** What a part may use; whatever it opens is closed through `stack`. */
export interface Bench {
  servers: Servers
  stack: AsyncDisposableStack
  /** Multiplies the work of a round; 1 by default. */
  scale: number
  /** Payments of the large database of the growth part. */
  manyPayments: number
}

export interface Part {
  name: string
  about: string
  rows: Record<string, Row>
  open(bench: Bench): Promise<Round>
}

/** Runs `work` with a stack of its own, which is disposed at its end, and with the bench's if that ends first. */
export async function withOwnStack<Result>(bench: Bench, work: (bench: Bench) => Promise<Result>): Promise<Result> {
  const stack = bench.stack.use(new AsyncDisposableStack())
  try {
    return await work({ ...bench, stack })
  } finally {
    await stack.disposeAsync()
  }
}

/** The middle value; the mean of the two in the middle where there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]]
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2
}

/**
 * How many operations the next round makes: what the last one did in `seconds`, so that rounds take as long on any
 * machine and with any code.
 */
export function createPace(seconds: number, { first, most }: { first: number; most: number }) {
  let count = Math.round(first)
  return {
    count: () => count,
    observe: (perSecond: number) => {
      count = Math.round(Math.min(most, Math.max(first / 2, perSecond * seconds)))
    },
  }
}
