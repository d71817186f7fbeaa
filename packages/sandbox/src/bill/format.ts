/** A bill as WeChat Pay writes it: what is no header starts every cell with a back-tick, and names may hold commas. */
export function writeBill(bill: {
  columns: readonly string[]
  rows: readonly string[][]
  summaryColumns: readonly string[]
  summary: readonly string[]
}): string {
  const lines = [bill.columns.join(','), ...bill.rows.map(line), bill.summaryColumns.join(','), line(bill.summary)]
  return `\uFEFF${lines.map((text) => `${text}\r\n`).join('')}`
}

function line(cells: readonly string[]): string {
  return cells.map((text) => `\`${text}`).join(',')
}

/** An amount as bills have it: yuan with two decimals, without a sign. */
export function yuan(amountFen: number): string {
  return (amountFen / 100).toFixed(2)
}

/** The total of amounts, in the unit they have. */
export function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}
