import { Prisma } from '../../prisma/client/client.ts'
import { asJson, asText, type Database } from '../infra/database.ts'
import { queryRows } from '../infra/statement.ts'
import { parseDecimal } from '../wechat/decimal.ts'
import type { TradeBillRow } from '../wechat/trade-bill.ts'

/**
 * A line `r` that says more than our refund `f` does. Bills name a refund's end in their own way, and say how it was when
 * the bill was made: ours may have gone on since.
 *
 * Source: https://pay.weixin.qq.com/doc/v3/merchant/4013071246
 */
export const IS_AHEAD = Prisma.sql`
  CASE r.state WHEN 'SUCCESS' THEN f.status <> 'SUCCESS'
               WHEN 'FAIL' THEN f.status <> 'CLOSED'
               WHEN 'CHANGE' THEN f.status IN ('REQUESTED', 'PROCESSING')
               WHEN 'PROCESSING' THEN f.status = 'REQUESTED'
               ELSE false END`

/** A decimal of a bill has five digits after the point: this many of its units are a fen. */
const PER_FEN = 1_000

/**
 * SQL: lines of a trade bill as a relation, with the columns of `bill_row` but for the day; of two lines of one number, one.
 * One parameter, so that sets of any size are the same, prepared statement.
 */
export function linesOf(rows: TradeBillRow[]): Prisma.Sql {
  return Prisma.sql`
    SELECT DISTINCT ON (kind, number) * FROM json_to_recordset(${asJson(rows.map(toStored))}::json) AS l(kind "BillRowKind",
      number text, "outTradeNo" text, "outRefundNo" text, "tradedAt" timestamptz, state text, amount bigint, settled bigint,
      fee numeric)`
}

/**
 * Stores lines, as the newest download has them.
 *
 * @returns the numbers of those that our books lack or hold otherwise. Each row is found by itself (LATERAL): the plan is
 *   made once for each connection, maybe while the tables are small, and this leaves it nothing but the index.
 */
export async function storeLines(db: Database, billOn: string, lines: Prisma.Sql): Promise<string[]> {
  const statement = Prisma.sql`
    WITH line AS MATERIALIZED (${lines}),
    stored AS (
      INSERT INTO bill_row ("billOn", kind, number, "outTradeNo", "outRefundNo", "tradedAt", state, amount, settled, fee)
      SELECT ${billOn}::date, kind, number, "outTradeNo", "outRefundNo", "tradedAt", state, amount, settled, fee FROM line
      ON CONFLICT ("billOn", kind, number) DO UPDATE SET "outTradeNo" = EXCLUDED."outTradeNo",
        "outRefundNo" = EXCLUDED."outRefundNo", "tradedAt" = EXCLUDED."tradedAt", state = EXCLUDED.state,
        amount = EXCLUDED.amount, settled = EXCLUDED.settled, fee = EXCLUDED.fee
    )
    SELECT r.number FROM line r
    LEFT JOIN LATERAL (SELECT p."transactionId" FROM payment p WHERE p.sn = r."outTradeNo" OFFSET 0) p ON true
    LEFT JOIN LATERAL (SELECT f.status, f."refundTotal", f."refundId" FROM refund f
      WHERE f."outRefundNo" = r."outRefundNo" OFFSET 0) f ON true
    WHERE CASE r.kind WHEN 'PAYMENT' THEN p."transactionId" IS DISTINCT FROM r.number
                      WHEN 'REFUND' THEN f."refundTotal" IS DISTINCT FROM r.amount
                        OR f."refundId" IS DISTINCT FROM r.number OR ${IS_AHEAD}
                      ELSE false END`
  return (await queryRows<{ number: string }>(db, statement)).map(({ number }) => number)
}

/** The number that a line is known by: WeChat's, of the payment or of the refund. */
export function numberOf({ tradeState, transactionId, refundId }: TradeBillRow): string {
  return asText(tradeState === 'REFUND' ? refundId : transactionId)
}

function toStored(row: TradeBillRow) {
  const isRefund = row.tradeState === 'REFUND'
  return {
    kind: kindOf(row),
    number: numberOf(row),
    outTradeNo: row.outTradeNo,
    outRefundNo: isRefund ? row.outRefundNo : '',
    tradedAt: row.tradedAt,
    state: isRefund ? row.refundStatus : row.tradeState,
    amount: isRefund ? row.refundRequestedFen : row.orderTotalFen,
    settled: isRefund ? row.refundSettledFen : row.settlementTotalFen,
    fee: Number(parseDecimal(row.feeYuan === '' ? '0' : row.feeYuan)) / PER_FEN,
  }
}

/** What a line is about. */
function kindOf({ tradeState }: TradeBillRow): 'PAYMENT' | 'REFUND' | 'OTHER' {
  if (tradeState === 'SUCCESS') return 'PAYMENT'
  return tradeState === 'REFUND' ? 'REFUND' : 'OTHER'
}
