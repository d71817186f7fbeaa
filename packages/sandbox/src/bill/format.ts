/** Fees have five decimals. */
const UNITS_PER_YUAN = 100_000

/** The cells of a line, by their columns. */
export type BillLine = Record<string, string>

/** A number of the summary: of lines, or the sum of a column in yuan. */
interface Total {
  name: string
  column?: string
  /** The lines that count; all of them when absent. */
  of?: (line: BillLine) => boolean
  /** After the point; 2 when absent. */
  digits?: number
}

export interface Bill {
  columns: readonly string[]
  /** They are read once, and written one after the other. */
  lines: Iterable<BillLine>
  totals: readonly Total[]
}

/**
 * A bill as WeChat Pay writes it, line by line: each cell begins with a backtick, except in headers; texts may contain
 * commas. The summary adds up, whatever the lines say.
 */
export function* writeBill({ columns, lines, totals }: Bill): Generator<string> {
  const sums = totals.map((total) => ({ ...total, sum: 0 }))
  yield `\uFEFF${columns.join(',')}\r\n`
  for (const line of lines) {
    for (const total of sums) {
      if (total.of && !total.of(line)) continue
      total.sum += total.column === undefined ? 1 : Math.round(Number(line[total.column]) * UNITS_PER_YUAN)
    }
    yield written(columns.map((name) => line[name] ?? ''))
  }
  yield `${sums.map(({ name }) => name).join(',')}\r\n`
  yield written(
    sums.map(({ column, sum, digits = 2 }) =>
      column === undefined ? String(sum) : (sum / UNITS_PER_YUAN).toFixed(digits),
    ),
  )
}

function written(cells: readonly string[]): string {
  return `${cells.map((text) => `\`${text}`).join(',')}\r\n`
}

/** An amount as bills have it: yuan with two decimals. */
export function yuan(amountFen: number): string {
  return (amountFen / 100).toFixed(2)
}
