import { parseDecimal, yuanToFen } from './decimal.ts'
import { BillError } from './errors.ts'

/** The content of a bill's file: its lines and its summary, each cell by the name of its column. */
export interface BillFile {
  columns: string[]
  lines: Record<string, string>[]
  summary: Record<string, string>
}

/**
 * Reads the file of a bill: a header line, lines in which every cell begins with a back-tick, and a summary of two
 * lines. Columns are found by name, so that new ones do no harm.
 *
 * @param required the columns that the bill must have.
 * @throws {BillError} when it was cut off, a column is missing, or a line doesn't fit the header.
 */
export function readBillFile(file: Buffer | string, required: readonly string[]): BillFile {
  const text = (typeof file === 'string' ? file : file.toString()).replace(/^\uFEFF/, '')
  const lines = text.split(/\r?\n/).filter((line) => line !== '')
  const header = lines[0]
  const summaryHeader = lines.at(-2)
  const summaryLine = lines.at(-1)
  const isWhole = header && summaryHeader && summaryLine && lines.length >= 3 && summaryLine.startsWith('`')
  if (!isWhole || header.startsWith('`') || summaryHeader.startsWith('`')) {
    throw new BillError('The bill has no header or no summary: it was cut off, download it again')
  }
  const columns = header.split(',')
  const missing = required.filter((name) => !columns.includes(name))
  if (missing.length > 0) throw new BillError(`The bill has no column ${missing.join(', ')}`)
  return {
    columns,
    lines: lines.slice(1, -2).map((line) => cellsOf(header, line)),
    summary: cellsOf(summaryHeader, summaryLine),
  }
}

function cellsOf(header: string, line: string): Record<string, string> {
  const names = header.split(',')
  if (!line.startsWith('`')) throw new BillError('A line of the bill does not begin with a back-tick')
  const values = line.slice(1).split(',`')
  if (values.length !== names.length) {
    throw new BillError(`A line of the bill has ${values.length} cells for ${names.length} columns`)
  }
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))
}

/** @throws {BillError} unless the summary's value under this name is the number of these lines. */
export function checkCount({ summary }: BillFile, countName: string, lines: readonly unknown[]): void {
  if (Number(summary[countName]) !== lines.length) {
    throw new BillError(`The bill announces ${summary[countName]} as its ${countName} and has ${lines.length}`)
  }
}

/**
 * @throws {BillError} unless the column of these lines adds up to the summary's value under this name, if it has one.
 */
export function checkSum(
  { columns, summary }: BillFile,
  totalName: string,
  lines: BillFile['lines'],
  column: string,
): void {
  const total = summary[totalName]
  if (total === undefined) return
  if (!columns.includes(column)) throw new BillError(`The bill announces its ${totalName} and has no column ${column}`)
  const sum = lines.reduce((before, line) => before + decimal(line[column] ?? ''), 0n)
  if (sum !== decimal(total)) throw new BillError(`The lines of the bill do not add up to its ${totalName} (${total})`)
}

function decimal(text: string): bigint {
  try {
    return parseDecimal(text === '' ? '0' : text)
  } catch (error) {
    throw new BillError('An amount of the bill cannot be read', { cause: error })
  }
}

/**
 * Typed access to the cells of a line. A missing column reads as empty: `readBillFile` requires those that must exist.
 */
export function readLine(cells: Record<string, string>) {
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
