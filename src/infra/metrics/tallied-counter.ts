import { Counter, type CounterConfiguration } from 'prom-client'

/** How often something happened since it was last collected. */
export interface Tally {
  count: number
}

/**
 * A counter for hot paths: who counts keeps a tally for its labels, and adds to a number. (prom-client looks its labels up
 * with every increment, also those of a child.) The tallies go into the counter when it is collected.
 */
export class TalliedCounter<Label extends string> {
  readonly #tallies = new Map<string, { tally: Tally; labels: Record<Label, string> }>()
  readonly #labelNames: readonly Label[]
  readonly #counter: Counter<Label>

  constructor(config: Pick<CounterConfiguration<Label>, 'name' | 'help' | 'registers'> & { labelNames: Label[] }) {
    this.#labelNames = config.labelNames
    this.#counter = new Counter({ ...config, collect: () => this.#collect() })
  }

  /** The tally of these labels, for ever the same: keep it where it is counted often. */
  of(labels: Record<Label, string>): Tally {
    const key = this.#labelNames.map((name) => labels[name]).join(' ')
    const known = this.#tallies.get(key)
    if (known) return known.tally
    const tally = { count: 0 }
    this.#tallies.set(key, { tally, labels })
    return tally
  }

  inc(labels: Record<Label, string>): void {
    this.of(labels).count += 1
  }

  #collect(): void {
    for (const { tally, labels } of this.#tallies.values()) {
      this.#counter.inc(labels, tally.count)
      tally.count = 0
    }
  }
}
