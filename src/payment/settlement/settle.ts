import { Prisma } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import { createBatch, resultsOf } from '../../infra/batch.ts'
import { type Database, isFaultOfData } from '../../infra/database.ts'
import { oncePer } from '../../infra/once-per.ts'
import { queryRows } from '../../infra/statement.ts'
import type { Step } from '../../infra/tracing/spans.ts'
import { tracing } from '../../infra/tracing.ts'
import { publishChange } from '../change-payment.ts'
import { eventFacts, IS_UNHEARD } from '../event.ts'
import { paymentRemedies } from '../remedies.ts'
import { inputOf, type Row, type Settlement, toRow } from './rows.ts'
import {
  ATTEMPT_TRACE,
  type Given,
  ONLY_VERSIONS,
  type Settled,
  type SettledRow,
  toSettled,
  WITH_PAYMENTS,
} from './settled.ts'

/**
 * Settling: recording that WeChat collected the money of an attempt. (Not the payout of that money to the merchant,
 * which this project has no part in.) Every report about money, by notice, query, bill or an operator's decision, goes
 * through one SQL statement, `settleRows`, for a set of reports that come at the same time (infra/batch.ts). It locks the
 * payments, compares each report with what its attempt stored, never with today's configuration, and gives each exactly
 * one outcome:
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

/** A report, and whether its payment is wanted beside what became of it. */
interface Asked {
  row: Row
  wantsPayment: boolean
}

/**
 * How far `success_time` may lie before the attempt's creation, or after now: clocks differ by seconds, not by more.
 */
const SKEW_MINUTES = 10

/**
 * Settles one report, together with others that arrive at the same time; publishes the hint about it, and raises an alert
 * for a new mismatch. Safe to call any number of times, at once and in any order. Once it resolves, the effect is committed.
 *
 * @throws when the database can't commit; then nothing is changed, or it is unknown, and the report must come again.
 */
export async function settle(deps: Deps, settlement: Settlement): Promise<Settled> {
  const row = toRow(settlement)
  const startTime = tracing && performance.now()
  const settled = await batchOf(deps.settleDb)({ row, wantsPayment: deps.pubsub.wants(row.outTradeNo) })
  const { outTradeNo: sn, attemptTrace: traceParent = null } = settled
  if (tracing)
    tracing.of({ sn, traceParent }, stepOf(settled, settlement), () => tell(deps, settlement, settled), startTime)
  else tell(deps, settlement, settled)
  return settled
}

function stepOf({ outcome }: Settled, { source }: Settlement): Step {
  return { name: 'settle', attributes: { 'looklook.settle.outcome': outcome, 'looklook.settle.source': source } }
}

/** What follows from a settlement that is committed. */
function tell(deps: Deps, settlement: Settlement, settled: Settled): void {
  const { outTradeNo: sn, outcome, mismatch, isFirstReport, version, payment } = settled
  if (version !== null) publishChange(deps.pubsub, { sn, version }, payment)
  countPaid(deps, settled, settlement)
  if (mismatch && isFirstReport) {
    deps.metrics.mismatches.inc({ kind: mismatch })
    deps.log.error(
      { alarm: 'mismatch', outTradeNo: sn, outcome, mismatch, remedy: paymentRemedies.mismatch },
      'payment mismatch, an operator must decide',
    )
  }
  if (outcome === 'MOVED') deps.log.info({ outTradeNo: sn, source: settlement.source }, 'payment settled')
}

function countPaid({ metrics }: Deps, { paidFrom: from, secondsToPaid }: Settled, { source }: Settlement): void {
  if (from === null || secondsToPaid === null) return
  metrics.paymentTransitions.inc({ from, to: 'SUCCESS', source })
  metrics.tapToPaidSeconds.observe(secondsToPaid)
}

/** Everybody who settles through the same connections shares statements. */
const batchOf = oncePer((db: Database) =>
  createBatch<Asked, Settled>({
    keysOf: ({ row: { outTradeNo, transactionId } }) => [`number ${outTradeNo}`, `transaction ${transactionId}`],
    together: async (asked) => {
      const settled = new Map((await settleAsked(db, asked, UNLOCKED)).map((each) => [each.outTradeNo, each]))
      return resultsOf(asked, ({ row }) => settled.get(row.outTradeNo))
    },
    alone: async (asked) => {
      const [settled] = await settleAsked(db, [asked], ALL)
      if (!settled) throw new Error(`settling ${asked.row.outTradeNo} gave no result`)
      return settled
    },
    isFaultOfData,
  }),
)

async function settleAsked(db: Database, asked: Asked[], reach: Reach): Promise<Settled[]> {
  const rows = asked.map(({ row }) => row)
  return asked.some(({ wantsPayment }) => wantsPayment)
    ? (await settleRows<SettledRow>(db, rows, reach, WITH_PAYMENTS)).map(toSettled)
    : settleRows(db, rows, reach)
}

/**
 * Settles a set of reports in one statement, and waits for the locks of their payments.
 *
 * @param settlements must not name an `out_trade_no` or a `transaction_id` twice.
 */
export async function settlePayments(db: Database, settlements: Settlement[]): Promise<Settled[]> {
  return settleRows(db, settlements.map(toRow), ALL)
}

/** Which payments a statement decides about: all, for whose locks it waits; or those that nobody else has locked. */
interface Reach {
  lock: Prisma.Sql
  join: Prisma.Sql
}
const ALL: Reach = { lock: Prisma.sql`FOR UPDATE`, join: Prisma.sql`LEFT JOIN` }
/** A number without a locked row gives no result, whether its payment is locked by others or doesn't exist. */
const UNLOCKED: Reach = { lock: Prisma.sql`FOR UPDATE SKIP LOCKED`, join: Prisma.sql`JOIN` }

/**
 * Everything is decided from the locked rows, and the UPDATE finds its rows by primary key alone: PostgreSQL evaluates
 * further conditions (a status, a version) against the statement's snapshot, so they would silently drop a settlement that
 * raced a close.
 *
 * The plan is made once for each connection, maybe while the tables are small, and serves sets of any size. So payments are
 * found one by one (LATERAL, a scalar subquery), which leaves the planner nothing but the index; and what is changed is chosen
 * by the equality of texts, which it takes for a rare thing, since for half of a set it would read a small table whole.
 */
async function settleRows<Result extends object = Settled>(
  db: Database,
  rows: Row[],
  { lock, join }: Reach,
  { returning, selected }: Given = ONLY_VERSIONS,
): Promise<Result[]> {
  const statement = Prisma.sql`
    WITH input AS (${inputOf(rows)}),
    locked AS MATERIALIZED (
      SELECT l.* FROM (SELECT "outTradeNo" FROM input ORDER BY "outTradeNo") i, LATERAL (
        SELECT sn, status, version, "transactionId", mchid, appid, openid, "payTotal", "createdAt", "underReviewAt", "tradeState"
        FROM payment WHERE sn = i."outTradeNo" ${lock}
      ) l
    ),
    compared AS MATERIALIZED (
      SELECT i.*, l.sn, l.status AS "fromStatus", l.version AS "fromVersion", l."transactionId" AS "settledTransactionId",
        l."underReviewAt" AS "wasUnderReviewAt", l."tradeState" AS "wasTradeState", l."createdAt",
        ${MISMATCH} AS mismatch
      FROM input i ${join} locked l ON l.sn = i."outTradeNo"
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
        "publishedVersion" = CASE WHEN ${IS_UNHEARD} THEN j."fromVersion" + 1 ELSE p."publishedVersion" END,
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
      WHERE p.sn = j.sn AND 'changes' = CASE
        WHEN j.outcome = 'MOVED' THEN 'changes'
        WHEN j.mismatch IS NOT NULL AND j."wasUnderReviewAt" IS NULL AND NOT j.dismissed THEN 'changes' END
      RETURNING ${returning}, j."fromStatus", j.source, j.content, j.mismatch, j.operator
    ),
    recorded AS (
      INSERT INTO payment_event ("paymentSn", version, "fromStatus", "toStatus", source, detail, type, ${eventFacts()})
      SELECT sn, version, "fromStatus", status, source,
        jsonb_strip_nulls(jsonb_build_object('mismatch', mismatch, 'wechat', content, 'operator', operator)),
        CASE WHEN status = "fromStatus" THEN 'payment.updated' ELSE 'payment.succeeded' END, ${eventFacts()}
      FROM changed
    ),
    stored AS (
      INSERT INTO payment_mismatch ("paymentSn", subject, number, "transactionId", kind, source, content)
      SELECT sn, 'MONEY', "outTradeNo", "transactionId", mismatch, source, content FROM judged
      WHERE mismatch IS NOT NULL AND NOT dismissed
      ON CONFLICT (subject, number, "transactionId", kind) DO NOTHING RETURNING number
    )
    SELECT j."outTradeNo", j.outcome, j.mismatch, j.dismissed, ${selected},
      CASE WHEN j.pays THEN j."fromStatus" END AS "paidFrom",
      CASE WHEN j.pays THEN extract(epoch FROM now() - j."createdAt")::float8 END AS "secondsToPaid",
      EXISTS (SELECT 1 FROM stored s WHERE s.number = j."outTradeNo") AS "isFirstReport"${tracing ? ATTEMPT_TRACE : Prisma.empty}
    FROM judged j LEFT JOIN changed c ON c.sn = j.sn`
  return queryRows(db, statement)
}

/**
 * The kind of a settlement's mismatch; NULL when it fits its locked payment. The amount that must match is
 * `amount.total`, the order's price; `amount.payer_total` is less when a coupon paid part of it.
 */
const MISMATCH = Prisma.sql`
    CASE WHEN l.sn IS NULL THEN 'UNKNOWN'
         WHEN l."transactionId" = i."transactionId" THEN NULL
         WHEN l."transactionId" IS NOT NULL THEN 'OTHER_TRANSACTION'
         WHEN (SELECT o.sn FROM payment o WHERE o."transactionId" = i."transactionId") IS NOT NULL THEN 'TRANSACTION_TAKEN'
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
