import { Prisma } from '../../../prisma/client/client.ts'
import type { EventSource } from '../../../prisma/client/enums.ts'
import type { Deps } from '../../deps.ts'
import { asJson, asText, type Database } from '../../infra/database.ts'
import { MAX_FEN } from '../../wechat/input-rules.ts'
import type { WechatTransaction } from '../../wechat/transaction.ts'
import { publishChange } from '../change-payment.ts'

/**
 * Settling: recording that WeChat collected the money of an attempt. (Not the payout of that money to the merchant,
 * which this project has no part in.) Every report about money, by notice, query, bill or an operator's decision, goes
 * through one SQL statement, `settlePayments`. It locks the payments, compares each report with what its attempt
 * stored, never with today's configuration, and gives each exactly one outcome:
 *
 * - MOVED: the report fits. The payment becomes SUCCESS. It goes on hold, at once or later, when `trade_state` is
 *   REFUND and we know of no refund.
 * - SAME: this transaction was settled before. Nothing changes.
 * - MISMATCH: the report contradicts the attempt: merchant, app, currency, amount, payer, time, or a transaction that
 *   has paid another payment.
 * - OTHER_TRANSACTION: another transaction has paid this payment.
 * - UNKNOWN: no payment has this number.
 *
 * The last three are stored once, in `payment_mismatch`, and the payment (UNKNOWN has none) is under review until an
 * operator decides (../review/). Whatever changes a payment also raises its version and appends its event; the outbox
 * relay (../outbox/relay.ts) takes it from there.
 *
 * Idempotent: a report may come any number of times, at once and in any order. Atomic: it is one statement, so there is
 * no state between "not settled" and "settled, with its event".
 */

/** A verified report that money was collected: `trade_state` SUCCESS, or REFUND once some of it went back. */
export interface Settlement {
  transaction: WechatTransaction
  source: EventSource
  /** An operator's decision: the report is settled although it contradicts the attempt. */
  accept?: boolean
}

/** What became of one settlement; each is defined at the top of this file. */
type Outcome = 'MOVED' | 'SAME' | 'OTHER_TRANSACTION' | 'MISMATCH' | 'UNKNOWN'

export interface Settled {
  outTradeNo: string
  outcome: Outcome
  /** The kind of the mismatch; null when the report fits. */
  mismatch: string | null
  /** An operator dismissed this mismatch; the same report changes nothing any more. */
  dismissed: boolean
  /** True for the first report of this mismatch. */
  isFirstReport: boolean
  /** The payment's new version, when this settlement changed it. */
  version: number | null
}

/**
 * How far `success_time` may lie before the attempt's creation, or after now: clocks differ by seconds, not by more.
 */
const SKEW_MINUTES = 10

/** True when WeChat reports the money as collected, whether or not some of it was refunded since. */
export function isPaid(transaction: WechatTransaction): boolean {
  return transaction.tradeState === 'SUCCESS' || transaction.tradeState === 'REFUND'
}

/**
 * Settles one report, publishes the hint about it, and raises an alert for a new mismatch. Safe to call any number of
 * times, at once and in any order. Once it resolves, the effect is committed.
 *
 * @throws when the database can't commit; then nothing is changed, and the report must come again.
 */
export async function settle(deps: Deps, settlement: Settlement): Promise<Settled> {
  const [settled] = await settlePayments(deps.settleDb, [settlement])
  if (!settled) throw new Error(`settling ${settlement.transaction.outTradeNo} gave no result`)
  const { outTradeNo: sn, outcome, mismatch, isFirstReport, version } = settled
  if (version !== null) publishChange(deps.pubsub, { sn, version })
  if (mismatch && isFirstReport) {
    deps.metrics.mismatches.inc({ kind: mismatch })
    deps.log.error(
      { alarm: 'mismatch', outTradeNo: sn, outcome, mismatch },
      'payment mismatch, an operator must decide',
    )
  }
  if (outcome === 'MOVED') deps.log.info({ outTradeNo: sn, source: settlement.source }, 'payment settled')
  return settled
}

/**
 * Settles a set of reports in one statement. Everything is decided from the locked rows, and the UPDATE finds its rows
 * by primary key alone: PostgreSQL evaluates further conditions (a status, a version) against the statement's snapshot,
 * so they would silently drop a settlement that raced a close.
 *
 * @param settlements must not name an `out_trade_no` or a `transaction_id` twice.
 */
export async function settlePayments(db: Database, settlements: Settlement[]): Promise<Settled[]> {
  return db.$queryRaw<Settled[]>`
    WITH input AS (${inputRows(settlements)}),
    locked AS MATERIALIZED (
      SELECT * FROM payment WHERE sn IN (SELECT "outTradeNo" FROM input) ORDER BY sn FOR UPDATE
    ),
    compared AS (
      SELECT i.*, l.sn, l.status AS "fromStatus", l.version AS "fromVersion", l."transactionId" AS "settledTransactionId",
        l."underReviewAt" AS "wasUnderReviewAt", l."tradeState" AS "wasTradeState",
        ${MISMATCH} AS mismatch
      FROM input i LEFT JOIN locked l ON l.sn = i."outTradeNo"
    ),
    judged AS MATERIALIZED (
      SELECT *,
        CASE WHEN mismatch IN ('UNKNOWN', 'OTHER_TRANSACTION') THEN mismatch
             WHEN mismatch IS NOT NULL THEN 'MISMATCH'
             WHEN "settledTransactionId" IS NULL THEN 'MOVED'
             -- REFUND is news only once: a payment with a known refund, or on hold, has recorded it already.
             WHEN "tradeState" = 'REFUND' AND "fromStatus" = 'SUCCESS' AND "wasTradeState" <> 'REFUND' THEN 'MOVED'
             ELSE 'SAME' END AS outcome,
        mismatch IS NULL AND "settledTransactionId" IS NULL AS pays,
        EXISTS (SELECT 1 FROM payment_mismatch m
          WHERE m."paymentSn" = sn AND m."transactionId" <> compared."transactionId" AND m."resolvedAt" IS NULL
            AND m.subject = 'MONEY') AS "otherUnderReview",
        EXISTS (SELECT 1 FROM payment_mismatch m
          WHERE mismatch IS NOT NULL AND m.subject = 'MONEY' AND m.number = "outTradeNo" AND m."transactionId" = compared."transactionId"
            AND m.resolution = 'DISMISSED') AS dismissed
      FROM compared
    ),
    changed AS (
      UPDATE payment p SET
        version = j."fromVersion" + 1,
        status = CASE WHEN j.pays THEN 'SUCCESS' ELSE j."fromStatus" END,
        "underReviewAt" = CASE WHEN j.mismatch IS NOT NULL THEN now()
                            WHEN j.pays AND NOT j."otherUnderReview" THEN NULL
                            ELSE p."underReviewAt" END,
        "heldAt" = CASE WHEN j.mismatch IS NULL AND j."tradeState" = 'REFUND' THEN now() ELSE p."heldAt" END,
        "transactionId" = CASE WHEN j.pays THEN j."transactionId" ELSE p."transactionId" END,
        "paidTotal" = CASE WHEN j.pays THEN j.total::int ELSE p."paidTotal" END,
        "payerTotal" = CASE WHEN j.pays THEN j."payerTotal"::int ELSE p."payerTotal" END,
        "payTime" = CASE WHEN j.pays THEN j."successTime" ELSE p."payTime" END,
        "paidAt" = CASE WHEN j.pays THEN now() ELSE p."paidAt" END,
        "tradeState" = CASE WHEN j.mismatch IS NULL THEN j."tradeState" ELSE p."tradeState" END,
        "tradeStateDesc" = CASE WHEN j.mismatch IS NULL THEN j."tradeStateDesc" ELSE p."tradeStateDesc" END,
        "tradeType" = CASE WHEN j.mismatch IS NULL THEN j."tradeType" ELSE p."tradeType" END,
        "nextRecheckAt" = CASE WHEN j.pays THEN NULL ELSE p."nextRecheckAt" END
      FROM judged j
      WHERE p.sn = j.sn AND (j.outcome = 'MOVED' OR (j.mismatch IS NOT NULL AND j."wasUnderReviewAt" IS NULL AND NOT j.dismissed))
      RETURNING p.sn, p.version, p.status, j."fromStatus", j.source, j.content, j.mismatch
    ),
    recorded AS (
      INSERT INTO payment_event ("paymentSn", version, "fromStatus", "toStatus", source, detail)
      SELECT sn, version, "fromStatus", status, source,
             jsonb_strip_nulls(jsonb_build_object('mismatch', mismatch, 'wechat', content))
      FROM changed
    ),
    stored AS (
      INSERT INTO payment_mismatch ("paymentSn", subject, number, "transactionId", kind, source, content)
      SELECT sn, 'MONEY', "outTradeNo", "transactionId", mismatch, source, content FROM judged
      WHERE mismatch IS NOT NULL AND NOT dismissed
      ON CONFLICT (subject, number, "transactionId", kind) DO NOTHING RETURNING number
    )
    SELECT j."outTradeNo", j.outcome, j.mismatch, j.dismissed, c.version,
      EXISTS (SELECT 1 FROM stored s WHERE s.number = j."outTradeNo") AS "isFirstReport"
    FROM judged j LEFT JOIN changed c ON c.sn = j.sn`
}

/** The settlements as rows. @throws when one isn't about collected money; that is checked here, not by the database. */
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
      ${settlements.map(({ source }) => source)}::text[]::"EventSource"[],
      ${settlements.map(({ accept }) => accept === true)}::boolean[]
    ) AS i("outTradeNo", "transactionId", mchid, appid, currency, total, "payerTotal", openid, "successTime",
           "tradeState", "tradeStateDesc", "tradeType", "contentText", source, accept)`
}

/**
 * The kind of a settlement's mismatch; NULL when it fits its locked payment. The amount that must match is
 * `amount.total`, the order's price; `amount.payer_total` is less when a coupon paid part of it.
 */
const MISMATCH = Prisma.sql`
    CASE WHEN l.sn IS NULL THEN 'UNKNOWN'
         WHEN l."transactionId" = i."transactionId" THEN NULL
         WHEN l."transactionId" IS NOT NULL THEN 'OTHER_TRANSACTION'
         WHEN EXISTS (SELECT 1 FROM payment o WHERE o."transactionId" = i."transactionId") THEN 'TRANSACTION_TAKEN'
         WHEN i.accept THEN NULL
         WHEN i.mchid <> l.mchid THEN 'MERCHANT'
         WHEN i.appid <> l.appid THEN 'APP'
         WHEN i.currency <> 'CNY' THEN 'CURRENCY'
         WHEN i.total <> l."payTotal" THEN 'AMOUNT'
         WHEN i.openid IS DISTINCT FROM l.openid THEN 'PAYER'
         WHEN i."successTime" IS NULL
           OR i."successTime" NOT BETWEEN l."createdAt" - make_interval(mins => ${SKEW_MINUTES}::int)
             AND now() + make_interval(mins => ${SKEW_MINUTES}::int) THEN 'TIME'
    END`

/** An amount that doesn't fit the column is left out: `payer_total` is informative, and no reason for a mismatch. */
function columnFen(amountFen: number | undefined): number | null {
  return amountFen === undefined || amountFen > MAX_FEN ? null : amountFen
}
