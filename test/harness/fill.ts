import type { ClientBase } from 'pg'

const TABLES = [
  'user',
  'session',
  'homestay_business',
  'homestay',
  'homestay_order',
  'payment',
  'payment_event',
  'refund',
  'message',
  'message_consent',
]

/** What the numbers of filled rows begin with. */
const FILLED = 'FILL'

/**
 * Adds `count` payments of the past, each with its order and what it left behind: events, a refund, a message and what its guest answered about it. Of a hundred
 * orders 66 are EXPIRED, 20 CANCELLED, 10 REFUNDED, 2 USED and 2 in WAIT_USE, for stays that are still to come; nothing is due.
 * (Orders that hold their nights are few, because the index of nights takes its time.) May be called again for more. Triggers and foreign keys are off meanwhile, and indexes are built afterwards, so that a
 * million takes seconds; nobody else may use the database.
 *
 * @param client as a superuser, of a migrated database.
 */
export async function fillPayments(client: ClientBase, count: number): Promise<void> {
  const tables = TABLES.map((table) => `"${table}"`).join(', ')
  const { rows } = await client.query<{ filled: number }>(
    `SELECT count(*)::int AS filled FROM payment WHERE sn LIKE '${FILLED}%'`,
  )
  const from = (rows[0]?.filled ?? 0) + 1
  // While it holds versions of rows that were replaced in place, a new index isn't used until every transaction of the server
  // has ended that is older than it, those of other databases too.
  await client.query(`VACUUM ${tables}`)
  await client.query('BEGIN')
  await client.query('SET LOCAL session_replication_role = replica; SET LOCAL synchronous_commit = off')
  await client.query(`SET LOCAL maintenance_work_mem = '256MB'`)
  const indexes = await dropIndexes(client)
  await client.query(`CREATE TEMP TABLE filling ON COMMIT DROP AS ${numbered(from, from + count - 1)}`)
  for (const statement of STATEMENTS) await client.query(statement)
  for (const index of indexes) await client.query(index)
  await client.query('COMMIT')
  await client.query(`ANALYZE ${tables}`)
}

/** Drops the indexes that no constraint needs. @returns the statements that create them. */
async function dropIndexes(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT format('%I', c.relname) AS name, pg_get_indexdef(i.indexrelid) AS definition
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE i.indrelid = ANY($1::text[]::regclass[]) AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = c.oid)`,
    [TABLES.map((table) => `"${table}"`)],
  )
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`)
  return rows.map(({ definition }) => definition)
}

/** The orders by number, with what everything else follows from. */
function numbered(from: number, to: number): string {
  return `
    SELECT n, '${FILLED}O' || lpad(n::text, 12, '0') AS "orderSn", '${FILLED}P' || lpad(n::text, 12, '0') AS sn,
      '${FILLED}U' || n % 1000 || '-' || n / 100000 AS "userId", '${FILLED}H' || n / 1000 AS "homestayId",
      CASE WHEN n % 100 < 66 THEN 'EXPIRED' WHEN n % 100 < 86 THEN 'CANCELLED' WHEN n % 100 < 96 THEN 'REFUNDED'
           WHEN n % 100 < 98 THEN 'USED' ELSE 'WAIT_USE' END::"OrderTradeState" AS state,
      n % 100 BETWEEN 66 AND 85 AS "isClosed", n % 100 BETWEEN 86 AND 95 AS "isRefunded",
      CASE WHEN n % 100 < 98 THEN current_date - 1200 ELSE current_date + 30 END + (n % 1000)::int AS arrival,
      now() - interval '2 days' - n * interval '1 second' AS at
    FROM generate_series(${from}, ${to}) n`
}

const TEXT = `('{"appid":"wx0000000000000001","mchid":"1900000001","description":"' || repeat('西湖边的小院', 10) || '"}')`

const STATEMENTS = [
  `INSERT INTO "user" (id, nickname) SELECT DISTINCT "userId", '客人' FROM filling ON CONFLICT DO NOTHING`,
  `INSERT INTO session (id, "userId", "expiresAt")
    SELECT 'S' || sn, "userId", now() + interval '20 days' FROM filling WHERE n % 10 = 0`,
  `INSERT INTO homestay_business (id, name, info, "hostUserId")
    SELECT DISTINCT "homestayId", '山居', '', '${FILLED}U0-0' FROM filling ON CONFLICT DO NOTHING`,
  `INSERT INTO homestay (id, "businessId", title, "subTitle", cover, info, "peopleNum", "pricedBy", "homestayPrice",
      "marketHomestayPrice", "foodInfo", "foodPrice")
    SELECT DISTINCT "homestayId", "homestayId", '小院', '', '', '', 2, 'NIGHT'::"HomestayPricing", 1000, 0, '', 0
    FROM filling ON CONFLICT DO NOTHING`,
  `INSERT INTO homestay_order (sn, "userId", "homestayId", "tradeState", "tradeCode", title, "subTitle", cover, info,
      "pricedBy", "homestayPrice", "foodPrice", "homestayTotalPrice", "foodTotalPrice", "orderTotalPrice",
      "liveStartDate", "liveEndDate", "livePeopleNum", "needFood", "payBefore", "paidBySn", "usedAt", "shippedAt", "createdAt")
    SELECT "orderSn", "userId", "homestayId", state,
      CASE WHEN NOT "isClosed" THEN translate(lpad(n::text, 8, '0'), '0123456789', '23456789AB') END,
      '小院', '', '', '', 'NIGHT', 1000, 0, 1000, 0, 1000, arrival, arrival + 1, 1, false, at + interval '30 minutes',
      CASE WHEN NOT "isClosed" THEN sn END, CASE WHEN state = 'USED' THEN at END,
      CASE WHEN state IN ('USED', 'EXPIRED') THEN at END, at
    FROM filling`,
  `INSERT INTO payment (sn, "serviceType", "orderSn", "userId", status, mchid, appid, openid, "notifyUrl", "payTotal",
      "prepayBody", "prepayId", "prepayIdAt", "tradeState", "transactionId", "paidTotal", "payerTotal", "refundedTotal",
      "payTime", "paidAt", "closedAt", version, "queuedVersion", "queuedAt", "appliedVersion", "publishedVersion", "lastQueriedAt", "createdAt")
    SELECT sn, 'HOMESTAY_ORDER', "orderSn", "userId",
      CASE WHEN "isClosed" THEN 'CLOSED' WHEN "isRefunded" THEN 'REFUNDED' ELSE 'SUCCESS' END::"PayStatus",
      '1900000001', 'wx0000000000000001', 'o_guest', 'https://example.com/wechat/pay/notify', 1000, ${TEXT}, 'wx' || sn, at,
      CASE WHEN "isClosed" THEN 'CLOSED' WHEN "isRefunded" THEN 'REFUND' ELSE 'SUCCESS' END,
      CASE WHEN NOT "isClosed" THEN '4200' || lpad(n::text, 24, '0') END, CASE WHEN NOT "isClosed" THEN 1000 END,
      CASE WHEN NOT "isClosed" THEN 1000 END, CASE WHEN "isRefunded" THEN 1000 ELSE 0 END,
      CASE WHEN NOT "isClosed" THEN at END, CASE WHEN NOT "isClosed" THEN at END, CASE WHEN "isClosed" THEN at END,
      2, 2, at, 2, 2, at, at
    FROM filling`,
  `INSERT INTO payment_event ("paymentSn", version, at, "fromStatus", "toStatus", source, detail)
    SELECT sn, 1, at, NULL::"PayStatus", 'PENDING'::"PayStatus", 'WX_PAY'::"EventSource", '{}'::jsonb FROM filling
    UNION ALL
    SELECT sn, 2, at, 'PENDING', CASE WHEN "isClosed" THEN 'CLOSED' WHEN "isRefunded" THEN 'REFUNDED' ELSE 'SUCCESS'
      END::"PayStatus", 'NOTICE', ${TEXT}::jsonb FROM filling`,
  `INSERT INTO refund ("outRefundNo", "paymentSn", cause, status, "refundTotal", body, "refundId", "createdAt", "endedAt")
    SELECT 'R' || sn, sn, 'GUEST', 'SUCCESS', 1000, '{}', '5030' || sn, at, at FROM filling WHERE "isRefunded"`,
  `INSERT INTO message (id, kind, "paymentSn", "orderSn", appid, openid, status, "createdAt", "nextTryAt", "sentAt")
    SELECT 'M' || sn, 'ORDER_PAID', sn, "orderSn", 'wx0000000000000001', 'o_guest', 'SENT', at, NULL, at
    FROM filling WHERE NOT "isClosed"`,
  `INSERT INTO message_consent ("orderSn", "serviceType", "templateId", "isAccepted", "answeredAt")
    SELECT "orderSn", 'HOMESTAY_ORDER', 'template-of-order-paid', true, at FROM filling WHERE NOT "isClosed"`,
]
