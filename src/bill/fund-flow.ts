import { Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { asText, type Database } from '../infra/database.ts'
import { queryRows } from '../infra/statement.ts'
import { checkBill, readRows } from '../wechat/bill-file.ts'
import type { DownloadedBill } from '../wechat/downloaded-bill.ts'
import { createFundFlowBillReader, type FundFlowRow } from '../wechat/fund-flow-bill.ts'
import { type Checkpoint, type ClaimedDay, claim, DayTakenError } from './days.ts'
import { FOUND_AND_GONE, goneOf, store } from './differences.ts'
import { pagesOf } from './pages.ts'
import { inSets } from './sets.ts'

/** SQL: all of a row `r` of `bill_row` but what was booked. */
const ROW = Prisma.raw(
  ['billOn', 'kind', 'number', 'outTradeNo', 'outRefundNo', 'tradedAt', 'state', 'amount', 'settled', 'fee']
    .map((name) => `r."${name}"`)
    .join(),
)

/** Lines whose movements are stored together; a payment has two. */
const SET_SIZE = 1_000
/** Lines of the trade bill whose fees are compared together. */
const PAGE = 5_000

/**
 * Compares what the account gained or lost with what the lines of the trade bill say: the settled amount less the fee, which
 * is exact to a thousandth of a fen there and rounded to fen in the account. A line that the account has nothing about that
 * day isn't compared: around midnight it is booked on the next.
 *
 * @returns false when the movements of another bill were being added: the day must begin anew.
 */
export async function compareFundFlow(
  { db }: Deps,
  day: ClaimedDay,
  { bill, checkpoint }: { bill: DownloadedBill; checkpoint: Checkpoint },
): Promise<boolean> {
  await checkBill(createFundFlowBillReader(), bill.lines(), checkpoint)
  const { flowSha1, movementsDone } = await db.billDay.findUniqueOrThrow({ where: { billOn: new Date(day.billOn) } })
  if (movementsDone > 0 && flowSha1 !== bill.sha1) return false
  let done = movementsDone
  const rows = readRows(createFundFlowBillReader(), bill.lines())
  for await (const set of inSets(rows, { skip: done, size: SET_SIZE })) {
    await checkpoint()
    await storeMovements(db, day, { sha1: bill.sha1, done, set })
    done += set.length
  }
  await compareFees(db, day.billOn, checkpoint)
  return true
}

/**
 * Adds to lines by how much the account changed; movements of other days' lines are left out. What is added is counted by
 * the same statement, so that nothing is ever added twice: not by who goes on after a worker that died, and not by a worker
 * that was frozen meanwhile.
 *
 * @throws {DayTakenError} when another worker has the day, or the same worker's set was counted already.
 */
export async function storeMovements(
  db: Database,
  day: ClaimedDay,
  { sha1, done, set }: { sha1: string; done: number; set: FundFlowRow[] },
): Promise<void> {
  const netFen = new Map<string, number>()
  for (const { businessNumber, direction, amountFen } of set) {
    const number = asText(businessNumber)
    netFen.set(number, (netFen.get(number) ?? 0) + (direction === 'in' ? amountFen : -amountFen))
  }
  const changes = [Prisma.sql`"flowSha1" = ${sha1}, "movementsDone" = ${done + set.length}::int`]
  const where = Prisma.sql`AND "movementsDone" = ${done}::int`
  // An INSERT finds rows by their key alone; none is new.
  const statement = Prisma.sql`
    WITH claim AS (${claim(day, { changes, where })}),
    booked AS (
      INSERT INTO bill_row ("billOn", kind, number, "outTradeNo", "outRefundNo", "tradedAt", state, amount, settled, fee, booked)
      SELECT ${ROW}, coalesce(r.booked, 0) + m.net
      FROM unnest(${[...netFen.keys()]}::text[], ${[...netFen.values()]}::bigint[]) AS m(number, net),
        unnest(enum_range(NULL::"BillRowKind")) AS k(kind), LATERAL (
          SELECT ${ROW}, r.booked FROM bill_row r WHERE r."billOn" = ${day.billOn}::date AND r.kind = k.kind AND r.number = m.number OFFSET 0
        ) r
      WHERE EXISTS (SELECT 1 FROM claim)
      ON CONFLICT ("billOn", kind, number) DO UPDATE SET booked = EXCLUDED.booked
    )
    SELECT 1 FROM claim`
  if ((await queryRows(db, statement)).length === 0) throw new DayTakenError(day)
}

/** By pages: on a day of a million lines no statement may take its time for all of them. */
async function compareFees(db: Database, billOn: string, checkpoint: Checkpoint): Promise<void> {
  const pages = pagesOf<PageEnd>(1, async (after) => {
    await checkpoint()
    return queryRows(db, comparePage(billOn, after))
  })
  for await (const _end of pages);
}

interface PageEnd {
  kind: string
  number: string
}

/** SQL: stores which fees of a page of lines differ, and gives its last line. */
function comparePage(billOn: string, after: PageEnd | undefined): Prisma.Sql {
  const isAfter = after
    ? Prisma.sql`AND (r.kind, r.number) > (${after.kind}::"BillRowKind", ${after.number})`
    : Prisma.empty
  return Prisma.sql`
    WITH line AS MATERIALIZED (
      SELECT r.kind, r.number, r."outTradeNo", r."outRefundNo", r.booked,
        CASE r.kind WHEN 'REFUND' THEN -r.settled ELSE r.settled END - r.fee AS expected
      FROM bill_row r WHERE r."billOn" = ${billOn}::date ${isAfter} ORDER BY r.kind, r.number LIMIT ${PAGE}::int
    ),
    found AS MATERIALIZED (
      SELECT kind, number, "outTradeNo", "outRefundNo", to_char(booked / 100.0, 'FMS999999999990.00') AS "atWechat",
        to_char(expected / 100.0, 'FMS999999999990.00000') AS here, 'FEE' AS class, 'DECIDE' AS outcome
      FROM line WHERE abs(booked - expected) >= 1
    ),
    gone AS MATERIALIZED (${goneOf(billOn, ['FEE'])}),
    stored AS (${store(billOn, FOUND_AND_GONE)})
    SELECT kind::text, number FROM line ORDER BY line.kind DESC, number DESC LIMIT 1`
}
