import { Prisma } from '../../prisma/client/client.ts'
import { InvalidInputError } from '../errors.ts'
import type { Database } from '../infra/database.ts'
import { queryRows } from '../infra/statement.ts'
import { pagesOf } from './pages.ts'
import { billTexts } from './texts.ts'

const PAGE = 1_000

/** A line of a day's export, amounts in yuan: a payment or a refund, and what differs about it. */
const COLUMNS = [
  'kind',
  'time',
  'wechatNumber',
  'outTradeNo',
  'outRefundNo',
  'state',
  'amount',
  'settled',
  'fee',
  'booked',
  'here',
  'difference',
  'outcome',
] as const

type ExportRow = Record<(typeof COLUMNS)[number], string>

/**
 * A day's bill with its differences, for an accountant: page by page, so that a day of any size fits into memory. What only
 * our books have comes at its end.
 *
 * @throws {InvalidInputError} when the day isn't compared yet.
 */
export async function* exportDay(
  db: Database,
  { billOn, format }: { billOn: string; format: 'csv' | 'json' },
): AsyncGenerator<string> {
  const day = await db.billDay.findUnique({ where: { billOn: new Date(billOn) } })
  if (day?.status !== 'DONE' && day?.status !== 'EMPTY') {
    throw new InvalidInputError([{ path: billOn, text: billTexts.notCompared }])
  }
  yield format === 'csv' ? `${COLUMNS.join(',')}\n` : `{"billOn":"${billOn}","status":"${day.status}","rows":[\n`
  let isFirst = true
  for await (const page of pagesOfDay(db, billOn)) {
    const texts = format === 'csv' ? page.map(asCsv) : page.map((row) => JSON.stringify(row))
    const separator = format === 'csv' ? '\n' : ',\n'
    yield `${isFirst ? '' : separator}${texts.join(separator)}`
    isFirst = false
  }
  const end = isFirst ? '' : '\n'
  yield format === 'csv' ? end : `${end}]}\n`
}

function asCsv(row: ExportRow): string {
  return COLUMNS.map((name) => asCell(row[name])).join(',')
}

/** With its sign, if it has one: a spreadsheet counts with it, and runs nothing. */
const AMOUNT = /^[+-]?\d+(\.\d+)?$/

/**
 * What a spreadsheet takes for the beginning of a formula, in full width too.
 * Source: https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/

/**
 * Numbers that are not ours may hold anything, and WeChat takes `@` and `-` at the beginning of one. An apostrophe makes a
 * text of what would be a formula.
 */
function asCell(text: string): string {
  const cell = FORMULA.test(text) && !AMOUNT.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

async function* pagesOfDay(db: Database, billOn: string): AsyncGenerator<ExportRow[]> {
  yield* pagesOf<ExportRow>(PAGE, (after) => queryRows(db, findLines(billOn, after)))
  yield* pagesOf<ExportRow>(PAGE, (after) => queryRows(db, findOthers(billOn, after)))
}

const yuan = (column: string) => Prisma.raw(`coalesce(to_char(${column} / 100.0, 'FM999999999990.00'), '')`)

/** SQL: a page of the bill's lines, each as often as something differs about it, but once at least. */
function findLines(billOn: string, after: ExportRow | undefined): Prisma.Sql {
  const isAfter = after
    ? Prisma.sql`AND (r.kind, r.number) > (${after.kind}::"BillRowKind", ${after.wechatNumber})`
    : Prisma.empty
  return Prisma.sql`
    WITH line AS MATERIALIZED (
      SELECT r.kind, r.number, r."outTradeNo", r."outRefundNo", r."tradedAt", r.state, r.amount, r.settled, r.fee, r.booked
      FROM bill_row r WHERE r."billOn" = ${billOn}::date ${isAfter} ORDER BY r.kind, r.number LIMIT ${PAGE}::int
    )
    SELECT r.kind::text, to_char(r."tradedAt" AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS') AS time,
      r.number AS "wechatNumber", r."outTradeNo", r."outRefundNo", r.state, ${yuan('r.amount')} AS amount,
      ${yuan('r.settled')} AS settled, to_char(r.fee / 100.0, 'FM999999999990.00000') AS fee, ${yuan('r.booked')} AS booked,
      coalesce(d.here, '') AS here, coalesce(d.class::text, '') AS difference, coalesce(d.outcome::text, '') AS outcome
    FROM line r LEFT JOIN LATERAL (
      SELECT d.here, d.class, d.outcome FROM bill_difference d
      WHERE d."billOn" = ${billOn}::date AND d.kind = r.kind AND d.number = r.number OFFSET 0
    ) d ON true
    ORDER BY r.kind, r.number, d.class`
}

/** SQL: a page of the differences about what the bill has no line of. */
function findOthers(billOn: string, after: ExportRow | undefined): Prisma.Sql {
  const isAfter = after
    ? Prisma.sql`AND (d.kind, d.number, d.class)
        > (${after.kind}::"BillRowKind", ${after.wechatNumber}, ${after.difference}::"BillDifferenceClass")`
    : Prisma.empty
  return Prisma.sql`
    SELECT d.kind::text, '' AS time, d.number AS "wechatNumber", d."outTradeNo", d."outRefundNo", '' AS state, '' AS amount,
      '' AS settled, '' AS fee, '' AS booked, d.here, d.class::text AS difference, d.outcome::text AS outcome
    FROM bill_difference d WHERE d."billOn" = ${billOn}::date ${isAfter}
      AND (SELECT 1 FROM bill_row r WHERE r."billOn" = d."billOn" AND r.kind = d.kind AND r.number = d.number LIMIT 1) IS NULL
    ORDER BY d.kind, d.number, d.class LIMIT ${PAGE}::int`
}
