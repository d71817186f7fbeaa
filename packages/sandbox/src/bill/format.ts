/** A bill as WeChat Pay writes it: each cell begins with a backtick, except in headers; texts may contain commas. */
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

/** An amount as bills have it: yuan with two decimals. */
export function yuan(amountFen: number): string {
  return (amountFen / 100).toFixed(2)
}

/** The total of amounts, in their unit. */
export function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}
