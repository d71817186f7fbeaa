import { type Payment, Prisma } from '../../../prisma/client/client.ts'
import { createBatch, resultsOf } from '../../infra/batch.ts'
import { asJson, type Database, isFaultOfData } from '../../infra/database.ts'
import { oncePer } from '../../infra/once-per.ts'
import { queryRows } from '../../infra/statement.ts'
import { UNFLUSHED } from '../../infra/unflushed.ts'
import type { RequestHeaders } from '../../wechat/transport.ts'
import {
  asLocked,
  type LockedOrder,
  ORDER_COLUMNS,
  type OrderColumns,
  type OrderKey,
  type Payable,
} from '../payable.ts'
import { type Attempts, sortAttempts } from './find.ts'

/** What opening needs of a live attempt. */
export interface Attempt extends Pick<Payment, 'sn' | 'mchid' | 'appid' | 'prepayBody' | 'prepayId' | 'prepayIdAt'> {
  /** Of one that was made just now: its call of prepay, signed. */
  prepayHeaders?: Promise<RequestHeaders>
}

type FoundAttempt = Attempt & Pick<Payment, 'closedAt' | 'paidAt' | 'underReviewAt'>

export interface Look {
  order: LockedOrder
  attempts: Attempts<FoundAttempt>
  /** Of the order's guest under this app id. */
  openid: string | null
}

interface LookInput extends OrderKey {
  appid: string
}

type Row = OrderColumns & FoundAttempt & { orderSn: string; payerOpenid: string | null }

/**
 * Reads an order, once nobody has it locked, and the attempts that are committed by then, together with other orders that
 * are looked at in the same moment. Null when there is no such order.
 */
export function lookAt(db: Database, payable: Payable, input: LookInput): Promise<Look | null> {
  return batchOf(db)(payable)(input)
}

const batchOf = oncePer((db: Database) =>
  oncePer((payable: Payable) =>
    createBatch<LookInput, Look | null>({
      keysOf: ({ orderSn }) => [orderSn],
      together: async (inputs) => {
        const looks = await readLooks(db, payable, inputs, { skipsLocked: true })
        return resultsOf(inputs, ({ orderSn }) => looks.get(orderSn))
      },
      alone: async (input) =>
        (await readLooks(db, payable, [input], { skipsLocked: false })).get(input.orderSn) ?? null,
      isFaultOfData,
    }),
  ),
)

/** The attempts are read for each row of the locked orders, so never before its lock. */
async function readLooks(
  db: Database,
  payable: Payable,
  inputs: LookInput[],
  { skipsLocked }: { skipsLocked: boolean },
): Promise<Map<string, Look>> {
  const rows = await queryRows<Row>(
    db,
    Prisma.sql`
    WITH input AS (
      SELECT * FROM json_to_recordset(${asJson(inputs)}::json) AS i("orderSn" text, "serviceType" text, appid text)
    ),
    o AS MATERIALIZED (
      SELECT i."serviceType", i.appid, l.* FROM (SELECT * FROM input ORDER BY "orderSn") i,
        LATERAL (${payable.lockQuery(Prisma.sql`i."orderSn"`, skipsLocked)}) l
    )
    SELECT o."orderSn", ${ORDER_COLUMNS},
      (SELECT openid FROM wechat_identity w WHERE w."userId" = o."userId" AND w.appid = o.appid) AS "payerOpenid",
      a.sn, a.mchid, a.appid, a."prepayBody", a."prepayId", a."prepayIdAt", a."closedAt", a."paidAt", a."underReviewAt"
    FROM o LEFT JOIN LATERAL payment_attempts_of(o."serviceType", o."orderSn") a ON true CROSS JOIN ${UNFLUSHED}`,
  )
  const byOrder = Map.groupBy(rows, ({ orderSn }) => orderSn)
  return new Map(Array.from(byOrder, ([orderSn, found]) => [orderSn, toLook(found)]))
}

/** An order without attempts is one row too. */
function toLook(rows: Row[]): Look {
  const [first] = rows
  if (!first) throw new Error('a look needs a row')
  const attempts = sortAttempts(rows.filter(({ sn }) => sn !== null))
  return { order: asLocked(first), attempts, openid: first.payerOpenid }
}
