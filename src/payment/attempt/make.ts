import { Prisma } from '../../../prisma/client/client.ts'
import { createBatch, resultsOf } from '../../infra/batch.ts'
import { asJson, type Database, isFaultOfData } from '../../infra/database.ts'
import { oncePer } from '../../infra/once-per.ts'
import { queryRows } from '../../infra/statement.ts'
import { eventFacts, IS_UNHEARD } from '../event.ts'
import type { OrderKey, Payable } from '../payable.ts'

/** An attempt to be made, and what was seen of its order. */
export interface AttemptInput extends OrderKey {
  sn: string
  mchid: string
  appid: string
  openid: string
  notifyUrl: string
  prepayBody: string
  userId: string
  totalFen: number
  payBefore: Date
  /** From now until the first recheck. */
  recheckAfterSeconds: number
  /** Of the tap, where there are traces. */
  traceParent: string | undefined
}

/**
 * Makes an attempt, together with others that are made in the same moment; only if, with its order locked, what was seen of
 * that still holds.
 *
 * @returns false, and makes none, when the offer doesn't stand any more, or the order has an attempt meanwhile.
 */
export function makeAttempt(db: Database, payable: Payable, input: AttemptInput): Promise<boolean> {
  return batchOf(db)(payable)(input)
}

const batchOf = oncePer((db: Database) =>
  oncePer((payable: Payable) =>
    createBatch<AttemptInput, boolean>({
      keysOf: ({ orderSn }) => [orderSn],
      together: async (inputs) => {
        const made = await insertAttempts(db, payable, inputs, { skipsLocked: true })
        return resultsOf(inputs, ({ sn }) => made.get(sn))
      },
      alone: async (input) =>
        (await insertAttempts(db, payable, [input], { skipsLocked: false })).get(input.sn) ?? false,
      isFaultOfData,
    }),
  ),
)

/** @returns by their numbers whether they are made; without those whose orders aren't there, or are skipped. */
async function insertAttempts(
  db: Database,
  payable: Payable,
  inputs: AttemptInput[],
  { skipsLocked }: { skipsLocked: boolean },
): Promise<Map<string, boolean>> {
  const decided = await queryRows<{ sn: string; isMade: boolean }>(
    db,
    Prisma.sql`
    WITH input AS (
      SELECT * FROM json_to_recordset(${asJson(inputs)}::json) AS i(sn text, mchid text, appid text, openid text,
        "notifyUrl" text, "prepayBody" text, "serviceType" text, "orderSn" text, "userId" text, "totalFen" int,
        "payBefore" timestamptz, "recheckAfterSeconds" int, "traceParent" text)
    ),
    o AS MATERIALIZED (
      SELECT i.sn, i.mchid, i.appid, i.openid, i."notifyUrl", i."prepayBody", i."serviceType", i."recheckAfterSeconds",
        i."traceParent",
        l."orderSn", l."userId", l."totalFen", l."payBefore", l."waitsForPayment"
          AND l."userId" = i."userId" AND l."totalFen" = i."totalFen" AND l."payBefore" = i."payBefore" AS stands
      FROM (SELECT * FROM input ORDER BY "orderSn") i,
        LATERAL (${payable.lockQuery(Prisma.sql`i."orderSn"`, skipsLocked)}) l
    ),
    made AS (
      INSERT INTO payment (sn, mchid, appid, openid, "notifyUrl", "prepayBody", "serviceType", "orderSn", "userId",
        "payTotal", "publishedVersion", "nextRecheckAt", "traceParent")
      SELECT sn, mchid, appid, openid, "notifyUrl", "prepayBody", "serviceType", "orderSn", "userId", "totalFen",
        CASE WHEN ${IS_UNHEARD} THEN 1 ELSE 0 END, clock_timestamp() + make_interval(secs => "recheckAfterSeconds"),
        "traceParent"
      FROM o
      WHERE stands AND clock_timestamp() < "payBefore"
        AND NOT EXISTS (SELECT 1 FROM payment_attempts_of("serviceType", "orderSn"))
      ON CONFLICT ("serviceType", "orderSn") WHERE "closedAt" IS NULL DO NOTHING
      RETURNING sn, ${eventFacts()}
    ),
    event AS (
      INSERT INTO payment_event ("paymentSn", version, "toStatus", source, detail, type, ${eventFacts()})
      SELECT sn, 1, 'PENDING'::"PayStatus", 'WX_PAY'::"EventSource", jsonb_build_object('orderSn', "orderSn"),
        'payment.created', ${eventFacts()} FROM made
    )
    SELECT o.sn, made.sn IS NOT NULL AS "isMade" FROM o LEFT JOIN made ON made.sn = o.sn`,
  )
  return new Map(decided.map(({ sn, isMade }) => [sn, isMade]))
}
