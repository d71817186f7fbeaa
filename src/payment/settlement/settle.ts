import { Prisma } from '../../prisma/client/client.ts'
import type { EventSource } from '../../prisma/client/enums.ts'
import type { Deps } from '../deps.ts'
import { asJson, asText, type Database, MAX_COLUMN_FEN } from '../infra/database.ts'
import type { Transaction as WechatTransaction } from '../wechat/transaction.ts'

/** WeChat's verified word that money arrived: `trade_state` SUCCESS, or REFUND once some of it went back. */
export interface Settlement {
  transaction: WechatTransaction
  source: EventSource
}

/**
 * What became of one settlement.
 * - MOVED: the payment is paid now, or held because WeChat refunded what we didn't.
 * - SAME: this transaction was settled before.
 * - OTHER_TRANSACTION: the payment is paid by another transaction; stored for a person.
 * - MISFIT: it doesn't fit what the attempt stored; stored for a person, the payment is disputed.
 * - UNKNOWN: no payment has this number; stored for a person.
 */
export type Outcome = 'MOVED' | 'SAME' | 'OTHER_TRANSACTION' | 'MISFIT' | 'UNKNOWN'

export interface Settled {
  outTradeNo: string
  outcome: Outcome
  /** Why it doesn't fit. */
  misfit: string | null
  /** An operator has dealt with this money; it changes nothing any more. */
  dismissed: boolean
  /** True when it is the first word that doesn't fit in this way. */
  isNews: boolean
  /** The payment's new version, when this settlement changed it. */
  version: number | null
}

/** A success dated so long before the attempt was made, or so far ahead of now, belongs to something else. */
const SKEW_MINUTES = 10

/** True when WeChat says that the money was collected, whatever happened to it since. */
export function isPaid(transaction: WechatTransaction): boolean {
  return transaction.tradeState === 'SUCCESS' || transaction.tradeState === 'REFUND'
}

/**
 * The single door through which WeChat's word about money enters, whether by notice, by query or by bill. Safe to call
 * any number of times, at once and in any order. Once it resolves, the effect is committed.
 *
 * @param options.accept an operator's decision: what doesn't fit is taken as it is.
 * @throws when the database can't commit; then nothing is changed and the caller must let WeChat repeat.
 */
export async function settle(deps: Deps, settlement: Settlement, options = { accept: false }): Promise<Settled> {
  const [settled] = await settlePayments(deps.settleDb, [settlement], options)
  if (!settled) throw new Error(`settling ${settlement.transaction.outTradeNo} answered nothing`)
  if (settled.misfit && settled.isNews) {
    const { outTradeNo, outcome, misfit } = settled
    deps.metrics.misfits.inc({ kind: misfit })
    deps.log.error({ alarm: 'misfit', outTradeNo, outcome, misfit }, 'money that does not fit waits for an operator')
  }
  if (settled.version !== null) deps.pubsub.publish({ sn: settled.outTradeNo, version: settled.version })
  if (settled.outcome === 'MOVED')
    deps.log.info({ outTradeNo: settled.outTradeNo, source: settlement.source }, 'a payment is paid')
  return settled
}

/**
 * Settles a set in one statement. Everything is decided from the locked rows: a status or a version repeated in the
 * UPDATE's own conditions would be judged by the statement's snapshot and silently drop a move that raced a close.
 * The set must not name a number or a transaction twice.
 */
export async function settlePayments(
  db: Database,
  settlements: Settlement[],
  options: { accept: boolean },
): Promise<Settled[]> {
  return db.$queryRaw<Settled[]>`
    WITH input AS (${inputRows(settlements)}),
    locked AS MATERIALIZED (
      SELECT * FROM payment WHERE sn IN (SELECT "outTradeNo" FROM input) ORDER BY sn FOR UPDATE
    ),
    compared AS (
      SELECT i.*, l.sn, l.status AS "fromStatus", l.version AS "fromVersion", l."transactionId" AS "paidBy",
        l."disputedAt" AS "wasDisputedAt", l."tradeState" AS "wasTradeState",
        ${misfitOf(options.accept)} AS misfit
      FROM input i LEFT JOIN locked l ON l.sn = i."outTradeNo"
    ),
    judged AS MATERIALIZED (
      SELECT *,
        CASE WHEN misfit IN ('UNKNOWN', 'OTHER_TRANSACTION') THEN misfit
             WHEN misfit IS NOT NULL THEN 'MISFIT'
             WHEN "paidBy" IS NULL THEN 'MOVED'
             -- A payment whose refund is known has that word already, and so has one that is held.
             WHEN "tradeState" = 'REFUND' AND "fromStatus" = 'SUCCESS' AND "wasTradeState" <> 'REFUND' THEN 'MOVED'
             ELSE 'SAME' END AS outcome,
        misfit IS NULL AND "paidBy" IS NULL AS pays,
        EXISTS (SELECT 1 FROM payment_misfit m
          WHERE m."paymentSn" = sn AND m."transactionId" <> compared."transactionId" AND m."resolvedAt" IS NULL
            AND m.kind NOT LIKE 'REFUND\\_%' AND m.kind <> 'EVENT_TYPE') AS "disputedByOther",
        EXISTS (SELECT 1 FROM payment_misfit m
          WHERE misfit IS NOT NULL AND m.number = "outTradeNo" AND m."transactionId" = compared."transactionId"
            AND m.resolution = 'DISMISSED') AS dismissed
      FROM compared
    ),
    changed AS (
      UPDATE payment p SET
        version = j."fromVersion" + 1,
        status = CASE WHEN j.pays THEN 'SUCCESS' ELSE j."fromStatus" END,
        "disputedAt" = CASE WHEN j.misfit IS NOT NULL THEN now()
                            WHEN j.pays AND NOT j."disputedByOther" THEN NULL
                            ELSE p."disputedAt" END,
        "heldAt" = CASE WHEN j.misfit IS NULL AND j."tradeState" = 'REFUND' THEN now() ELSE p."heldAt" END,
        "transactionId" = CASE WHEN j.pays THEN j."transactionId" ELSE p."transactionId" END,
        "paidTotal" = CASE WHEN j.pays THEN j.total::int ELSE p."paidTotal" END,
        "payerTotal" = CASE WHEN j.pays THEN j."payerTotal"::int ELSE p."payerTotal" END,
        "payTime" = CASE WHEN j.pays THEN j."successTime" ELSE p."payTime" END,
        "paidAt" = CASE WHEN j.pays THEN now() ELSE p."paidAt" END,
        "tradeState" = CASE WHEN j.misfit IS NULL THEN j."tradeState" ELSE p."tradeState" END,
        "tradeStateDesc" = CASE WHEN j.misfit IS NULL THEN j."tradeStateDesc" ELSE p."tradeStateDesc" END,
        "tradeType" = CASE WHEN j.misfit IS NULL THEN j."tradeType" ELSE p."tradeType" END,
        "nextAskAt" = CASE WHEN j.pays THEN NULL ELSE p."nextAskAt" END
      FROM judged j
      WHERE p.sn = j.sn AND (j.outcome = 'MOVED' OR (j.misfit IS NOT NULL AND j."wasDisputedAt" IS NULL AND NOT j.dismissed))
      RETURNING p.sn, p.version, p.status, j."fromStatus", j.source, j.content, j.misfit
    ),
    recorded AS (
      INSERT INTO payment_event ("paymentSn", version, "fromStatus", "toStatus", source, detail)
      SELECT sn, version, "fromStatus", status, source,
             jsonb_strip_nulls(jsonb_build_object('misfit', misfit, 'wechat', content))
      FROM changed
    ),
    stored AS (
      INSERT INTO payment_misfit ("paymentSn", number, "transactionId", kind, source, content)
      SELECT sn, "outTradeNo", "transactionId", misfit, source, content FROM judged WHERE misfit IS NOT NULL AND NOT dismissed
      ON CONFLICT (number, "transactionId", kind) DO NOTHING RETURNING number
    )
    SELECT j."outTradeNo", j.outcome, j.misfit, j.dismissed, c.version,
      EXISTS (SELECT 1 FROM stored s WHERE s.number = j."outTradeNo") AS "isNews"
    FROM judged j LEFT JOIN changed c ON c.sn = j.sn`
}

/** The settlements as rows, with what can't be settled without refused here and not in the database. */
function inputRows(settlements: Settlement[]): Prisma.Sql {
  const transactions = settlements.map(({ transaction }) => {
    if (!isPaid(transaction) || !transaction.transactionId || transaction.totalFen === undefined) {
      throw new Error(`${transaction.outTradeNo} is ${transaction.tradeState}: only collected money can be settled`)
    }
    return transaction
  })
  return Prisma.sql`
    SELECT i.*, i."contentText"::jsonb AS content FROM unnest(
      ${transactions.map((t) => asText(t.outTradeNo))}::text[],
      ${transactions.map((t) => asText(t.transactionId ?? ''))}::text[],
      ${transactions.map((t) => asText(t.mchid))}::text[],
      ${transactions.map((t) => asText(t.appid))}::text[],
      ${transactions.map((t) => asText(t.currency ?? 'CNY'))}::text[],
      ${transactions.map((t) => t.totalFen ?? 0)}::bigint[],
      ${transactions.map((t) => columnFen(t.payerTotalFen))}::bigint[],
      ${transactions.map((t) => (t.openid === undefined ? null : asText(t.openid)))}::text[],
      ${transactions.map((t) => t.successTime?.toISOString() ?? null)}::timestamptz[],
      ${transactions.map((t) => t.tradeState)}::text[],
      ${transactions.map((t) => asText(t.tradeStateDesc))}::text[],
      ${transactions.map((t) => (t.tradeType === undefined ? null : asText(t.tradeType)))}::text[],
      ${transactions.map((t) => asJson(t.raw))}::text[],
      ${settlements.map(({ source }) => source)}::text[]::"EventSource"[]
    ) AS i("outTradeNo", "transactionId", mchid, appid, currency, total, "payerTotal", openid, "successTime",
           "tradeState", "tradeStateDesc", "tradeType", "contentText", source)`
}

/**
 * Why a settlement doesn't fit its locked payment; NULL when it does. Compared with what the attempt stored, never with
 * today's configuration. `total` is the order's price; `payerTotal` is less when a coupon paid part of it.
 */
function misfitOf(accept: boolean): Prisma.Sql {
  return Prisma.sql`
    CASE WHEN l.sn IS NULL THEN 'UNKNOWN'
         WHEN l."transactionId" = i."transactionId" THEN NULL
         WHEN l."transactionId" IS NOT NULL THEN 'OTHER_TRANSACTION'
         WHEN EXISTS (SELECT 1 FROM payment o WHERE o."transactionId" = i."transactionId") THEN 'TRANSACTION_TAKEN'
         WHEN ${accept} THEN NULL
         WHEN i.mchid <> l.mchid THEN 'MERCHANT'
         WHEN i.appid <> l.appid THEN 'APP'
         WHEN i.currency <> 'CNY' THEN 'CURRENCY'
         WHEN i.total <> l."payTotal" THEN 'AMOUNT'
         WHEN i.openid IS DISTINCT FROM l.openid THEN 'PAYER'
         WHEN i."successTime" IS NULL
           OR i."successTime" NOT BETWEEN l."createdAt" - make_interval(mins => ${SKEW_MINUTES}::int)
             AND now() + make_interval(mins => ${SKEW_MINUTES}::int) THEN 'TIME'
    END`
}

/** What is no misfit, and no use either: an amount beyond the column's. */
function columnFen(amountFen: number | undefined): number | null {
  return amountFen === undefined || amountFen > MAX_COLUMN_FEN ? null : amountFen
}
