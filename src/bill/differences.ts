import { Prisma } from '../../prisma/client/client.ts'
import type { Database } from '../infra/database.ts'
import { countChanged } from '../infra/statement.ts'
import { IS_AHEAD } from './rows.ts'

/*
 * Differences follow from the rows alone, never from what a run remembers: so a run that died between a settlement and this
 * finds the same as one that didn't, and so does a day that is repeated.
 */

/** SQL: the columns that a difference is given by. */
const COLUMNS = Prisma.raw(
  ['kind', 'number', 'outTradeNo', 'outRefundNo', 'atWechat', 'here', 'class', 'outcome']
    .map((name) => `"${name}"`)
    .join(),
)

/** SQL: what differs now, and what differed before. */
export const FOUND_AND_GONE = Prisma.sql`SELECT ${COLUMNS} FROM found UNION ALL SELECT ${COLUMNS} FROM gone`

/** Fen as yuan, after a state. */
function described(state: Prisma.Sql, amount: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`concat_ws(' ', ${state}, to_char(${amount} / 100.0, 'FM999999999990.00'))`
}

const AT_WECHAT = described(Prisma.sql`r.state`, Prisma.sql`r.amount`)
const LINE = Prisma.sql`r.kind, r.number, r."outTradeNo", r."outRefundNo", ${AT_WECHAT} AS "atWechat"`

/**
 * Of the lines that are payments. A line that was settled by the bill had lost its notice; one that our payment doesn't
 * have, though it went through `settle`, is a mismatch that a person has resolved or must.
 */
const PAYMENTS = Prisma.sql`
    SELECT ${LINE}, ${described(Prisma.sql`p.status::text`, Prisma.sql`coalesce(p."paidTotal", p."payTotal")`)} AS here,
      CASE WHEN p.sn IS NULL THEN 'ONLY_WECHAT'
           WHEN p."transactionId" = r.number THEN CASE WHEN p."paidTotal" <> r.amount THEN 'AMOUNT'
             WHEN e.source = 'BILL' THEN 'ONLY_WECHAT' END
           WHEN p."payTotal" <> r.amount THEN 'AMOUNT'
           ELSE 'STATE' END AS class,
      CASE WHEN p."transactionId" = r.number AND p."paidTotal" = r.amount THEN 'SETTLED'
           WHEN m.id IS NOT NULL THEN 'RESOLVED' ELSE 'DECIDE' END AS outcome
    FROM line r
    LEFT JOIN LATERAL (SELECT p.sn, p.status, p."transactionId", p."payTotal", p."paidTotal" FROM payment p
      WHERE p.sn = r."outTradeNo" OFFSET 0) p ON true
    LEFT JOIN LATERAL (SELECT e.source FROM payment_event e WHERE e."paymentSn" = p.sn
      AND e."fromStatus" IN ('PENDING', 'CLOSED') AND e."toStatus" = 'SUCCESS' LIMIT 1) e ON true
    LEFT JOIN LATERAL (SELECT m.id FROM payment_mismatch m
      WHERE (p."transactionId" = r.number AND p."paidTotal" = r.amount) IS NOT TRUE AND m.subject = 'MONEY'
        AND m.number = r."outTradeNo" AND m."transactionId" = r.number AND m."resolvedAt" IS NOT NULL LIMIT 1) m ON true
    WHERE r.kind = 'PAYMENT'`

/**
 * Of the lines that are refunds: `e` is the first event that says anything about it, and by what it was reported. One that
 * our books refuse is a mismatch, and doesn't differ any more once a person has dismissed all that WeChat said about it.
 */
const REFUNDS = Prisma.sql`
    SELECT ${LINE}, ${described(Prisma.sql`f.status::text`, Prisma.sql`f."refundTotal"`)} AS here,
      CASE WHEN f."outRefundNo" IS NULL THEN 'ONLY_WECHAT'
           WHEN f."refundTotal" <> r.amount THEN 'AMOUNT'
           WHEN f."refundId" IS DISTINCT FROM r.number OR ${IS_AHEAD} THEN 'STATE'
           WHEN e.first = 'BILL' AND f.cause = 'MANUAL' THEN 'ONLY_WECHAT'
           WHEN e.last = 'BILL' THEN 'STATE' END AS class,
      CASE WHEN f."outRefundNo" IS NULL OR f."refundTotal" <> r.amount OR f."refundId" IS DISTINCT FROM r.number
             OR ${IS_AHEAD} THEN CASE WHEN m."isDismissed" THEN 'RESOLVED' ELSE 'DECIDE' END
           WHEN e.first = 'BILL' AND f.cause = 'MANUAL' THEN 'ADOPTED' ELSE 'RECORDED' END AS outcome
    FROM line r
    LEFT JOIN LATERAL (SELECT f."outRefundNo", f."paymentSn", f.status, f.cause, f."refundTotal", f."refundId" FROM refund f
      WHERE f."outRefundNo" = r."outRefundNo" OFFSET 0) f ON true
    LEFT JOIN LATERAL (
      SELECT (array_agg(e.source::text ORDER BY e.version))[1] AS first,
        (array_agg(e.source::text ORDER BY e.version DESC))[1] AS last
      FROM payment_event e WHERE e."paymentSn" = f."paymentSn" AND e.detail ->> 'out_refund_no' = f."outRefundNo") e ON true
    LEFT JOIN LATERAL (
      SELECT bool_and(m.resolution IS NOT DISTINCT FROM 'DISMISSED') AS "isDismissed" FROM payment_mismatch m
      WHERE m.subject = 'REFUND' AND m.number = r."outRefundNo" OFFSET 0) m ON true
    WHERE r.kind = 'REFUND'`

/** In-store payments are none of ours. */
const OTHERS = Prisma.sql`SELECT ${LINE}, '' AS here, 'STATE' AS class, 'DECIDE' AS outcome FROM line r WHERE r.kind = 'OTHER'`

const CLASSES_OF_LINES = ['ONLY_WECHAT', 'AMOUNT', 'STATE']

/** Compares these lines, once they are settled and recorded, and stores what differs. */
export async function compareLines(db: Database, billOn: string, lines: Prisma.Sql): Promise<void> {
  await countChanged(
    db,
    Prisma.sql`
    WITH line AS MATERIALIZED (${lines}),
    found AS MATERIALIZED (
      SELECT ${COLUMNS} FROM (${PAYMENTS} UNION ALL ${REFUNDS} UNION ALL ${OTHERS}) d WHERE class IS NOT NULL
    ),
    gone AS MATERIALIZED (${goneOf(billOn, CLASSES_OF_LINES)})
    ${store(billOn, FOUND_AND_GONE)}`,
  )
}

/** SQL: the open differences of these classes about the rows of `line` that `found` doesn't have any more, as resolved. */
export function goneOf(billOn: string, classes: string[]): Prisma.Sql {
  return Prisma.sql`
    SELECT d.kind, d.number, d."outTradeNo", d."outRefundNo", d."atWechat", d.here, d.class, 'RESOLVED' AS outcome
    FROM line l, LATERAL (
      SELECT d.kind, d.number, d."outTradeNo", d."outRefundNo", d."atWechat", d.here, d.class::text FROM bill_difference d
      WHERE d."billOn" = ${billOn}::date AND d.kind = l.kind AND d.number = l.number AND d.outcome = 'DECIDE'
        AND d.class::text = ANY(${classes}::text[]) OFFSET 0
    ) d WHERE NOT EXISTS (SELECT 1 FROM found f WHERE (f.kind, f.number, f.class) = (d.kind, d.number, d.class))`
}

/**
 * SQL: stores differences, given by a query of {@link COLUMNS}. What is stored already stays as it is, unless a person must
 * decide, or had to; what a person has dismissed, unless it is another difference by now. An INSERT finds stored rows by their
 * key alone, whatever the planner knows of the table.
 */
export function store(billOn: string, differences: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO bill_difference ("billOn", kind, number, "outTradeNo", "outRefundNo", "atWechat", here, class, outcome)
    SELECT ${billOn}::date, kind, number, "outTradeNo", "outRefundNo", "atWechat", here, class::"BillDifferenceClass",
      outcome::"BillDifferenceOutcome" FROM (${differences}) d
    ON CONFLICT ("billOn", kind, number, class) DO UPDATE SET "atWechat" = EXCLUDED."atWechat", here = EXCLUDED.here,
      outcome = EXCLUDED.outcome, "updatedAt" = now()
    WHERE (bill_difference.outcome = 'RESOLVED' OR EXCLUDED.outcome = 'DECIDE' OR bill_difference.outcome = 'DECIDE')
      AND (bill_difference."atWechat", bill_difference.here, bill_difference.outcome)
        IS DISTINCT FROM (EXCLUDED."atWechat", EXCLUDED.here, EXCLUDED.outcome)
      AND (bill_difference.outcome <> 'DISMISSED'
        OR (bill_difference."atWechat", bill_difference.here) IS DISTINCT FROM (EXCLUDED."atWechat", EXCLUDED.here))`
}

/** Resolves what differed about lines that the day's newest bill doesn't have any more. */
export async function resolveUnlisted(db: Database, billOn: string): Promise<void> {
  await countChanged(
    db,
    Prisma.sql`
    UPDATE bill_difference d SET outcome = 'RESOLVED', "updatedAt" = now()
    WHERE d."billOn" = ${billOn}::date AND d.outcome = 'DECIDE' AND d.class <> 'ONLY_HERE'
      AND (SELECT 1 FROM bill_row r WHERE r."billOn" = d."billOn" AND r.kind = d.kind AND r.number = d.number LIMIT 1) IS NULL`,
  )
}
