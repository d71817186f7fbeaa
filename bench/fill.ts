import type { Client } from 'pg'
import type { Bench } from './part.ts'

/** What a filled database is like. Everything is numbered from 1, and found again by its number. */
export interface Filling {
  /** Homestays; each order has a night of its own of one of them. */
  homestays: number
  /** Guests, each with a session. */
  guests: number
}

/** Where orders are in their lives. */
type Stage = 'tapped' | 'booked' | 'overdue' | 'done'

export const sessionId = (number: number) => `session-${number}`
export const openidOf = (number: number) => `o_guest_${number}`
export const homestayId = (number: number) => `homestay-${number}`
export const orderSn = (number: number) => `HO20261126${String(number).padStart(18, '0')}`
export const paymentSn = (number: number) => `PA20261126${String(number).padStart(18, '0')}`

/** Fen. */
export const ORDER_TOTAL = 12_800

/** Guests with sessions, and homestays of one host. */
export async function fillGuests({ servers }: Bench, client: Client, { homestays, guests }: Filling): Promise<void> {
  const { appid } = servers.credentials
  await client.query(`INSERT INTO "user" (id, nickname) VALUES ('host', '房东')`)
  await client.query(`INSERT INTO homestay_business (id, name, info, "hostUserId") VALUES ('host', '山居', '', 'host')`)
  await client.query(
    `INSERT INTO homestay (id, "businessId", title, "subTitle", cover, info, "peopleNum", "pricedBy", "homestayPrice",
       "marketHomestayPrice", "foodInfo", "foodPrice")
     SELECT 'homestay-' || n, 'host', '西湖边的小院', '步行到断桥', 'https://example.com/cover.jpg', '两室一厅', 4, 'NIGHT',
       ${ORDER_TOTAL}, 16800, '早餐', 3000 FROM generate_series(1, $1::int) n`,
    [homestays],
  )
  await client.query(
    `INSERT INTO "user" (id, nickname) SELECT 'guest-' || n, '客人' FROM generate_series(1, $1::int) n`,
    [guests],
  )
  await client.query(
    `INSERT INTO wechat_identity (appid, openid, "userId")
     SELECT $2, 'o_guest_' || n, 'guest-' || n FROM generate_series(1, $1::int) n`,
    [guests, appid],
  )
  await client.query(
    `INSERT INTO session (id, "userId", "expiresAt")
     SELECT 'session-' || n, 'guest-' || n, now() + interval '1 day' FROM generate_series(1, $1::int) n`,
    [guests],
  )
  await client.query('VACUUM ANALYZE')
}

/**
 * Orders and their payments with the numbers `from` to `to`; the guest of number n is guest n, counted round.
 *
 * - `booked`: without a payment.
 * - `tapped`: with a PENDING one that WeChat isn't queried about within the hour.
 * - `overdue`: tapped, and unpaid when its time was over.
 * - `done`: paid, applied, told and over, as nearly all rows of an old database are.
 */
export async function fillOrders(
  { servers }: Bench,
  client: Client,
  { from, to, stage, homestays, guests }: Filling & { from: number; to: number; stage: Stage },
): Promise<void> {
  const { appid, mchid } = servers.credentials
  await client.query('BEGIN')
  // Millions of rows that are right by their making: the triggers and foreign keys would take most of the time.
  await client.query('SET LOCAL session_replication_role = replica')
  await client.query(insertOrders(stage), [from, to, homestays, guests])
  if (stage !== 'booked') await client.query(insertPayments(stage), [from, to, guests, appid, mchid])
  if (stage === 'done') {
    await client.query(INSERT_EVENTS, [from, to])
    await client.query(INSERT_MESSAGES, [from, to, guests, appid])
  }
  await client.query('COMMIT')
  await client.query('VACUUM ANALYZE')
}

const ORDER_SN = `'HO20261126' || lpad(n::text, 18, '0')`
const PAYMENT_SN = `'PA20261126' || lpad(n::text, 18, '0')`
const GUEST = (guests: string) => `((n - 1) % ${guests}::bigint + 1)`

function insertOrders(stage: Stage): string {
  const isDone = stage === 'done'
  // A code has no digit 0 or 1 and no letter I, L or O.
  const code = `translate(lpad(to_hex(n), 8, '0'), '0123456789abcdef', '23456789ABCDEFGH')`
  return `
    INSERT INTO homestay_order (sn, "userId", "homestayId", title, "subTitle", cover, info, "pricedBy", "homestayPrice",
      "foodPrice", "homestayTotalPrice", "foodTotalPrice", "orderTotalPrice", "liveStartDate", "liveEndDate",
      "livePeopleNum", "needFood", "payBefore", "tradeState", "paidBySn", "tradeCode")
    SELECT ${ORDER_SN}, 'guest-' || ${GUEST('$4')}, 'homestay-' || (n % $3::bigint + 1), '西湖边的小院', '步行到断桥',
      'https://example.com/cover.jpg', '两室一厅', 'NIGHT', ${ORDER_TOTAL}, 3000, ${ORDER_TOTAL}, 0, ${ORDER_TOTAL},
      current_date + 10 + (n / $3::bigint)::int, current_date + 11 + (n / $3::bigint)::int, 2, false,
      now() + interval '${stage === 'overdue' ? '-2 minutes' : '30 minutes'}',
      ${isDone ? `'EXPIRED', ${PAYMENT_SN}, ${code}` : `'WAIT_PAY', NULL, NULL`}
    FROM generate_series($1::bigint, $2::bigint) n`
}

function insertPayments(stage: Stage): string {
  const isDone = stage === 'done'
  const transactionId = `'4200' || lpad(n::text, 24, '0')`
  const paid = `'SUCCESS', 'SUCCESS', '支付成功', 'JSAPI', ${transactionId}, ${ORDER_TOTAL}, ${ORDER_TOTAL}, now(), now(), 2, 2, 2, 2`
  const pending = `'PENDING', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, 1, 1`
  return `
    INSERT INTO payment (sn, "serviceType", "orderSn", "userId", mchid, appid, openid, "notifyUrl", "payTotal",
      "prepayBody", "prepayId", "prepayIdAt", "nextRecheckAt", status, "tradeState", "tradeStateDesc", "tradeType",
      "transactionId", "paidTotal", "payerTotal", "payTime", "paidAt", version, "queuedVersion", "appliedVersion",
      "publishedVersion")
    SELECT ${PAYMENT_SN}, 'HOMESTAY_ORDER', ${ORDER_SN}, 'guest-' || ${GUEST('$3')}, $5, $4,
      'o_guest_' || ${GUEST('$3')}, 'https://pay.example.com/wechat/pay/notify', ${ORDER_TOTAL}, repeat('x', 400),
      'wx' || lpad(n::text, 34, '0'), now(), ${isDone ? 'NULL' : `now() + interval '1 hour'`},
      ${isDone ? paid : pending}
    FROM generate_series($1::bigint, $2::bigint) n`
}

const INSERT_EVENTS = `
  INSERT INTO payment_event ("paymentSn", version, "fromStatus", "toStatus", source, detail)
  SELECT ${PAYMENT_SN}, 2, 'PENDING', 'SUCCESS', 'NOTICE', jsonb_build_object('wechat', repeat('x', 400))
  FROM generate_series($1::bigint, $2::bigint) n`

const INSERT_MESSAGES = `
  INSERT INTO message (id, kind, "paymentSn", "orderSn", appid, openid, status, "nextTryAt", "sentAt")
  SELECT 'message-' || n, 'ORDER_PAID', ${PAYMENT_SN}, ${ORDER_SN}, $4, 'o_guest_' || ${GUEST('$3')}, 'SENT', NULL, now()
  FROM generate_series($1::bigint, $2::bigint) n`
