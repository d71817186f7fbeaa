import { parseDecimal, yuanToFen } from './decimal.ts'
import { BillError } from './errors.ts'

/** The cells of a line, by the names of their columns. */
export type Cells = Record<string, string>

/** A number of the summary that the lines must add up to. */
interface Total {
  /** Its name in the summary. */
  name: string
  /** The column whose sum it is; without one it is the number of lines. */
  column?: string
  /** The lines that count; all of them when absent. */
  of?: (cells: Cells) => boolean
}

/** What one kind of bill has. */
export interface BillFormat<Row> {
  /** The columns that it must have. */
  required: readonly string[]
  totals: readonly Total[]
  toRow(cells: Cells): Row
}

/** Reads a bill line by line, and remembers nothing of a line but what it adds to the totals. */
export interface BillReader<Row> {
  /** @returns what the line says; null for headers and the summary. @throws {BillError} when it doesn't fit the header. */
  read(line: string): Row | null
  /** @returns the summary. @throws {BillError} when the bill was cut off, or its lines don't add up to it. */
  end(): Cells
}

/**
 * A reader of bills: a header line, lines in which every cell begins with a back-tick, and a summary of two lines. Columns
 * are found by name, so that new ones do no harm.
 */
export function createBillReader<Row>({ required, totals, toRow }: BillFormat<Row>): BillReader<Row> {
  let columns: string[] | undefined
  let summaryColumns: string[] | undefined
  let summary: Cells | undefined
  const sums = totals.map((total) => ({ ...total, sum: 0n }))
  const add = (cells: Cells) => {
    for (const total of sums) {
      if (total.of && !total.of(cells)) continue
      total.sum += total.column === undefined ? 1n : decimal(cells[total.column] ?? '')
    }
  }
  const read = (line: string): Row | null => {
    if (line === '') return null
    if (summary) throw new BillError('The bill has lines after its summary')
    if (!columns) {
      columns = readHeader(line, required)
      return null
    }
    if (summaryColumns) {
      summary = cellsOf(summaryColumns, line)
      return null
    }
    if (!line.startsWith('`')) {
      summaryColumns = line.split(',')
      return null
    }
    const cells = cellsOf(columns, line)
    add(cells)
    return toRow(cells)
  }
  const end = () => {
    if (!columns || !summary)
      throw new BillError('The bill has no header or no summary: it was cut off, download it again')
    for (const total of sums) check(total, columns, summary)
    return summary
  }
  return { read, end }
}

/**
 * The rows of a bill, in sets as its lines come.
 *
 * @throws {BillError} before the set of the line that can't be read, or at the end when the bill was cut off or doesn't add up.
 */
export async function* readRows<Row>(
  reader: BillReader<Row>,
  lines: AsyncIterable<string[]>,
): AsyncGenerator<Row[], Cells> {
  for await (const some of lines) yield some.map(reader.read).filter((row) => row !== null)
  return reader.end()
}

/**
 * Reads a bill to its end, and nothing else.
 *
 * @param checkpoint is called between sets of lines; what it throws ends it.
 * @throws {BillError} when a line can't be read, it was cut off, or it doesn't add up.
 */
export async function checkBill<Row>(
  reader: BillReader<Row>,
  lines: AsyncIterable<string[]>,
  checkpoint: () => Promise<void>,
): Promise<void> {
  for await (const _rows of readRows(reader, lines)) await checkpoint()
}

function readHeader(line: string, required: readonly string[]): string[] {
  if (line.startsWith('`')) throw new BillError('The bill has no header: it was cut off, download it again')
  const columns = line.replace(/^\uFEFF/, '').split(',')
  const missing = required.filter((name) => !columns.includes(name))
  if (missing.length > 0) throw new BillError(`The bill has no column ${missing.join(', ')}`)
  return columns
}

function cellsOf(names: string[], line: string): Cells {
  if (!line.startsWith('`')) throw new BillError('A line of the bill does not begin with a back-tick')
  const values = line.slice(1).split(',`')
  if (values.length !== names.length) {
    throw new BillError(`A line of the bill has ${values.length} cells for ${names.length} columns`)
  }
  const cells: Cells = {}
  for (const [index, name] of names.entries()) cells[name] = values[index] ?? ''
  return cells
}

/** A count must be there; a sum only where the summary has it. */
function check({ name, column, sum }: Total & { sum: bigint }, columns: string[], summary: Cells): void {
  const announced = summary[name]
  if (column === undefined) {
    if (Number(announced) === Number(sum)) return
    throw new BillError(`The bill announces ${announced} as its ${name} and has ${sum}`)
  }
  if (announced === undefined) return
  if (!columns.includes(column)) throw new BillError(`The bill announces its ${name} and has no column ${column}`)
  if (sum !== decimal(announced))
    throw new BillError(`The lines of the bill do not add up to its ${name} (${announced})`)
}

function decimal(text: string): bigint {
  try {
    return parseDecimal(text === '' ? '0' : text)
  } catch (error) {
    throw new BillError('An amount of the bill cannot be read', { cause: error })
  }
}

/**
 * Typed access to the cells of a line. A missing column reads as empty: a reader requires those that must exist.
 */
export function readLine(cells: Cells) {
  const text = (name: string) => cells[name] ?? ''
  return {
    text,
    /** @throws {BillError} unless the column holds yuan with whole fen. */
    fen(name: string): number {
      try {
        return yuanToFen(text(name))
      } catch (error) {
        throw new BillError(`The column ${name} of the bill cannot be read`, { cause: error })
      }
    },
    /** Bills are written in China's time. @throws {BillError} unless the column holds an instant. */
    instant(name: string): Date {
      const at = new Date(`${text(name).replace(' ', 'T')}+08:00`)
      if (Number.isNaN(at.getTime())) throw new BillError(`The column ${name} of the bill cannot be read`)
      return at
    },
  }
}
