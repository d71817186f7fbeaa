import { Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import type { Database } from '../infra/database.ts'
import { countChanged, queryRows } from '../infra/statement.ts'
import type { Checkpoint } from './days.ts'
import { store } from './differences.ts'
import { eventSpans, type Span } from './event-spans.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** Settling may precede WeChat's own time by the difference of the clocks. */
const SKEW_MS = 10 * MINUTE_MS

/** A refund that was opened so shortly before midnight may be requested, and listed, on the next day. */
const REQUESTED_WITHIN_MS = 60 * MINUTE_MS

/** Found by their events, whose times are indexed: rows of payments and refunds are as many as there ever were. */
interface Here {
  /** When their events may have been. */
  span: Span
  /** SQL: those that the bill lacks, of the events in a part of the span. */
  unlistedIn(part: Span): Prisma.Sql
}

/** SQL: that neither this day's bill nor a neighbour's has it; row by row, by the key. */
function isUnlisted(billOn: string, kind: 'PAYMENT' | 'REFUND', number: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    (SELECT 1 FROM unnest(ARRAY[${billOn}::date - 1, ${billOn}::date, ${billOn}::date + 1]) AS near(day), LATERAL (
      SELECT 1 FROM bill_row r WHERE r."billOn" = near.day AND r.kind = ${kind}::"BillRowKind" AND r.number = ${number} OFFSET 0
    ) listed LIMIT 1) IS NULL`
}

function isIn(time: Prisma.Sql, { from, to }: Span): Prisma.Sql {
  return Prisma.sql`${time} >= ${from}::timestamptz AND ${time} < ${to}::timestamptz`
}

/** Payments, by their time at WeChat. They may have been settled at any time since. */
function payments(billOn: string, mchid: string, now: Date): Here {
  const day = dayOf(billOn)
  return {
    span: { from: new Date(day.from.getTime() - SKEW_MS), to: now },
    unlistedIn: (part) => Prisma.sql`
      SELECT 'PAYMENT'::"BillRowKind" AS kind, p."transactionId" AS number, p.sn AS "outTradeNo", '' AS "outRefundNo",
        '' AS "atWechat", concat_ws(' ', p.status::text, to_char(p."paidTotal" / 100.0, 'FM999999999990.00')) AS here,
        'ONLY_HERE' AS class, 'DECIDE' AS outcome
      FROM payment_event e, LATERAL (
        SELECT p.sn, p.status, p.mchid, p."transactionId", p."paidTotal", p."payTime" FROM payment p
        WHERE p.sn = e."paymentSn" OFFSET 0
      ) p
      WHERE ${isIn(Prisma.sql`e.at`, part)} AND e."fromStatus" IN ('PENDING', 'CLOSED') AND e."toStatus" = 'SUCCESS'
        AND (e."payTime" IS NULL OR ${isIn(Prisma.sql`e."payTime"`, day)})
        AND p.mchid = ${mchid} AND ${isIn(Prisma.sql`p."payTime"`, day)}
        AND ${isUnlisted(billOn, 'PAYMENT', Prisma.sql`p."transactionId"`)}`,
  }
}

/**
 * Refunds that WeChat has accepted, by when they were opened. A refund is listed on the day of its request, which we don't
 * store: so those of the last hour belong to the next day, unless they are listed on this one.
 */
function refunds(billOn: string, mchid: string, isFirstDay: boolean): Here {
  const { from, to } = dayOf(billOn)
  const earlierMs = isFirstDay ? 0 : REQUESTED_WITHIN_MS
  return {
    span: { from: new Date(from.getTime() - earlierMs), to: new Date(to.getTime() - REQUESTED_WITHIN_MS) },
    unlistedIn: (part) => Prisma.sql`
      SELECT 'REFUND'::"BillRowKind" AS kind, f."refundId" AS number, f."paymentSn" AS "outTradeNo", f."outRefundNo",
        '' AS "atWechat", concat_ws(' ', f.status::text, to_char(f."refundTotal" / 100.0, 'FM999999999990.00')) AS here,
        'ONLY_HERE' AS class, 'DECIDE' AS outcome
      FROM payment_event e, LATERAL (
        SELECT f."outRefundNo", f."paymentSn", f.status, f."refundId", f."refundTotal" FROM refund f
        WHERE f."outRefundNo" = e.detail ->> 'opened' OFFSET 0
      ) f, LATERAL (SELECT p.mchid FROM payment p WHERE p.sn = f."paymentSn" OFFSET 0) p
      WHERE ${isIn(Prisma.sql`e.at`, part)} AND e.source = 'REFUND' AND e.detail ->> 'opened' IS NOT NULL
        AND f."refundId" IS NOT NULL AND f.status <> 'CLOSED' AND p.mchid = ${mchid}
        AND ${isUnlisted(billOn, 'REFUND', Prisma.sql`f."refundId"`)}`,
  }
}

/** The day as instants: China has no summer time. */
function dayOf(billOn: string): Span {
  const from = new Date(`${billOn}T00:00:00+08:00`)
  return { from, to: new Date(from.getTime() + DAY_MS) }
}

/** What our books have of a day and its bill lacks. */
async function hereOf({ db, config }: Deps, billOn: string): Promise<Here[]> {
  const { mchid } = config.wechat.pay
  const [known] = await db.$queryRaw<[{ now: Date; isFirst: boolean }]>`
    SELECT clock_timestamp() AS now,
      NOT EXISTS (SELECT 1 FROM bill_day WHERE "billOn" = ${billOn}::date - 1) AS "isFirst"`
  return [payments(billOn, mchid, known.now), refunds(billOn, mchid, known.isFirst)]
}

/** Finds what only our books have of a day, once its bill is stored; and what this bill has of the day before. */
export async function findOnlyHere(deps: Deps, billOn: string, checkpoint: Checkpoint): Promise<void> {
  const { db } = deps
  for (const { span, unlistedIn } of await hereOf(deps, billOn)) {
    for await (const part of eventSpans(db, span)) {
      await checkpoint()
      await countChanged(db, store(billOn, unlistedIn(part)))
    }
  }
  await closeDecided(db, billOn)
}

/** A neighbouring day may have got it since; a refund may have been closed, and then was never to be listed. */
async function closeDecided(db: Database, billOn: string): Promise<void> {
  await countChanged(
    db,
    Prisma.sql`
    UPDATE bill_difference d SET outcome = 'LISTED_LATER', "updatedAt" = now()
    WHERE d."billOn" BETWEEN ${billOn}::date - 1 AND ${billOn}::date AND d.class = 'ONLY_HERE' AND d.outcome = 'DECIDE'
      AND (SELECT 1 FROM unnest(ARRAY[d."billOn" - 1, d."billOn", d."billOn" + 1]) AS near(day), LATERAL (
        SELECT 1 FROM bill_row r WHERE r."billOn" = near.day AND r.kind = d.kind AND r.number = d.number OFFSET 0
      ) listed LIMIT 1) IS NOT NULL`,
  )
  await countChanged(
    db,
    Prisma.sql`
    UPDATE bill_difference d SET outcome = 'RESOLVED', "updatedAt" = now()
    WHERE d."billOn" = ${billOn}::date AND d.class = 'ONLY_HERE' AND d.outcome = 'DECIDE' AND d.kind = 'REFUND'
      AND (SELECT 1 FROM refund f WHERE f."outRefundNo" = d."outRefundNo" AND f.status <> 'CLOSED' LIMIT 1) IS NULL`,
  )
}

/** Whether our books have a payment or a refund of a day, of which WeChat then must have a bill. */
export async function hasAnythingHere(deps: Deps, billOn: string, checkpoint: Checkpoint): Promise<boolean> {
  for (const { span, unlistedIn } of await hereOf(deps, billOn)) {
    for await (const part of eventSpans(deps.db, span)) {
      await checkpoint()
      const first = Prisma.sql`WITH here AS MATERIALIZED (${unlistedIn(part)}) SELECT 1 FROM here LIMIT 1`
      if ((await queryRows(deps.db, first)).length > 0) return true
    }
  }
  return false
}
